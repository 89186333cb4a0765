/** The scripted model server by hand: `node test/model-server/serve.mjs --script FILE [--port N]`. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";

const { values } = parseArgs({
  options: { script: { type: "string" }, port: { type: "string", default: "8081" } },
});
if (!values.script) {
  process.stderr.write("usage: node test/model-server/serve.mjs --script FILE [--port N]\n");
  process.exit(2);
}
const script = JSON.parse(await readFile(values.script, "utf8"));
const { ModelServer } = await load();
const server = await ModelServer.start(script, Number(values.port));
process.stdout.write(`${server.url}\n`);
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => void server.close());

/** Node 20 reads no TypeScript, so it is bundled first. */
async function load() {
  const folder = await mkdtemp(path.join(tmpdir(), "model-server-"));
  try {
    const file = path.join(folder, "server.mjs");
    const bundle = await rolldown({
      input: path.join(import.meta.dirname, "server.ts"),
      platform: "node",
    });
    await bundle.write({ file });
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
