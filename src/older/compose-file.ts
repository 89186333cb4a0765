/** A docker-compose.yml that no disinto of today generated: what an older installation runs. */

/** The parts that count today, by service. */
export type OlderServices = Readonly<Record<string, { image?: unknown; ports?: unknown }>>;

/** A broken file has nothing to adopt. The parser is loaded for this only: it is a large one. */
export async function readOlderServices(compose: string): Promise<OlderServices> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(compose, { merge: true, logLevel: "silent" });
  if (document.errors.length > 0) return {};
  const { services } = Object(document.toJS({ maxAliasCount: -1 })) as { services?: OlderServices };
  return Object(services) as OlderServices;
}
