import { readAdministrator } from "../apply/administrator.ts";
import { examine } from "../apply/doctor.ts";
import type { Finding } from "../apply/finding.ts";
import { ExitCode } from "../errors.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

/** Problems first; exit 1 when there is a bad one. */
export async function doctor(
  tools: Tools,
  { folder, json }: { folder: string; json?: boolean },
): Promise<ExitCode> {
  const fleet = await openFleet(tools, folder);
  const { environment: shell, repositories, version } = tools;
  const proof = readAdministrator(fleet.factory, fleet.environment);
  const findings = await examine({
    ...fleet,
    shell,
    examineModel: tools.examineModel,
    forgeVersion: async (url) => (await tools.probeForge(url, proof)).version,
    oneShots: await tools.openOneShots(fleet.factory.engine),
    repositories,
    version,
    ciServer: tools.ciServer,
    forgeAdmin: tools.forgeAdmin,
    clock: tools.clock,
    opens,
  });
  const order = ["bad", "note", "good"];
  const sorted = [...findings].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  tools.print(
    json ? `${JSON.stringify({ findings: sorted }, undefined, 2)}\n` : sorted.map(format).join(""),
  );
  return findings.some(({ verdict }) => verdict === "bad") ? ExitCode.failed : ExitCode.done;
}

/** As a browser asks for a page. */
async function opens(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(15_000) });
    await answer.body?.cancel();
    return answer.ok && (answer.headers.get("content-type") ?? "").includes("html");
  } catch {
    return false;
  }
}

function format({ verdict, subject, message, hint }: Finding): string {
  const line = `${verdict.padEnd(4)}  ${subject.padEnd(6)}  ${message}\n`;
  return hint === undefined ? line : `${line}              ${hint}\n`;
}
