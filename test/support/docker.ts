/** Real Docker for scenarios: found or visibly skipped, one small stand-in image, and nothing left behind. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { run, runOrThrow, toolEnvironment } from "../../src/adapters/process.ts";
import { dockerRequired, findDocker } from "./requirements.ts";

const found = await findDocker();

if ("missing" in found && dockerRequired)
  throw new Error(`DISINTO_REQUIRE_DOCKER=1, but ${found.missing}`);

/** Skipped, and shown as skipped, where there is no Docker Engine or nothing to build on. */
export const describeWithDocker = describe.skipIf("missing" in found);

export async function docker(...args: readonly string[]): Promise<string> {
  const environment = toolEnvironment({ DOCKER_BUILDKIT: "0" });
  return (await runOrThrow(["docker", ...args], { env: environment })).trim();
}

/** What a command says on both streams; compose shows its progress on the second. */
export async function dockerSays(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(["docker", ...args]);
  return stdout + stderr;
}

/** Answers any request on port 3000, as egress on the published ports, and carries the models' ports to the host; ends on SIGTERM; `mark` makes two builds two images. */
export async function buildStandIn(tag: string, mark = "1"): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "stand-in-"));
  const program = [
    'process.on("SIGTERM",()=>process.exit(0));const http=require("http"),net=require("net"),{readFileSync}=require("fs")',
    'const serve=(port)=>http.createServer((q,s)=>s.end("ok")).listen(port)',
    'const carry=(port)=>net.createServer((s)=>{const t=net.connect(port,"host.docker.internal");for(const one of[s,t])one.on("error",()=>{s.destroy();t.destroy()});s.pipe(t).pipe(s)}).listen(port)',
    "const follow=({inbound,forwards})=>{for(const{port}of[{port:3128},...inbound])serve(port);forwards.forEach(carry)}",
    'if(process.argv.includes("egress"))follow(JSON.parse(readFileSync("/home/agent/egress/lists.json")));else serve(3000)',
  ].join(";");
  const entrypoint = JSON.stringify(["node", "-e", program, "--"]);
  const text = `FROM ${"base" in found ? found.base : ""}\nLABEL mark=${mark}\nENTRYPOINT ${entrypoint}\n`;
  await writeFile(join(folder, "Dockerfile"), text);
  await docker("build", "--quiet", "--tag", tag, folder);
  await rm(folder, { recursive: true });
}

export async function removeImage(tag: string): Promise<void> {
  await run(["docker", "image", "rm", "--force", tag]);
}

/** Everything a compose project left: containers, volumes, networks. */
export async function removeProject(project: string): Promise<void> {
  const filter = `label=com.docker.compose.project=${project}`;
  const all = async (...args: readonly string[]) =>
    (await docker(...args, "--quiet", "--filter", filter)).split("\n").filter(Boolean);
  const containers = await all("ps", "--all");
  if (containers.length > 0) await docker("rm", "--force", ...containers);
  const volumes = await all("volume", "ls");
  if (volumes.length > 0) await docker("volume", "rm", ...volumes);
  const networks = await all("network", "ls");
  if (networks.length > 0) await docker("network", "rm", ...networks);
}
