/**
 * The real coding agents as operators run them: in the separated container, with a toolchain image of the project's own
 * `FROM` the bots' image, and with one registry of packages that the project allows. Only what the model says is scripted.
 */
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { runOrThrow, toolEnvironment } from "../../src/adapters/process.ts";
import { agentPrograms, agentsFolder, agentTest } from "../agents/agents.ts";
import { WorkTree } from "../forge-contract/work-tree.ts";
import { ModelServer } from "../model-server/server.ts";
import { buildImages } from "../support/attacked-factory.ts";
import { describeWithDocker, docker, removeImage, removeProject } from "../support/docker.ts";
import { repo, TestFactory, until } from "../support/test-factory.ts";

const agents = ["claude-code", "opencode"] as const;
const name = `t${crypto.randomUUID().slice(0, 8)}`;
const toolchain = `disinto-toolchain:${name}`;

let server: ModelServer;
let outside: Server;
let factory: TestFactory | undefined;

/** Containers reach the host, not its loopback. */
async function openToContainers(port: number): Promise<Server> {
  const relay = createServer((socket) => {
    const to = connect(port, "127.0.0.1");
    const end = () => {
      socket.destroy();
      to.destroy();
    };
    for (const one of [socket, to]) one.on("error", end);
    socket.pipe(to).pipe(socket);
  }).listen(0, "0.0.0.0");
  await new Promise((resolve) => relay.once("listening", resolve));
  return relay;
}

/** The agents, a tool of the project's, and the certificates that this machine's npm trusts. */
async function buildToolchain(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "toolchain-"));
  try {
    const npm = toolEnvironment({});
    const bundle = (await runOrThrow(["npm", "config", "get", "cafile"], { env: npm })).trim();
    const certificates = bundle === "null" || bundle === "" ? "" : await readFile(bundle, "utf8");
    await writeFile(path.join(folder, "ca.crt"), certificates);
    for (const [program, file] of Object.entries(agentPrograms))
      await copyFile(file, path.join(folder, program));
    const lines = [
      `FROM disinto-agents:${name}`,
      "COPY claude opencode /usr/local/bin/",
      "COPY ca.crt /opt/ca.crt",
      "RUN echo 'echo 7' > /usr/local/bin/seven && chmod 755 /usr/local/bin/seven",
      ...(certificates && ["RUN npm config set --global cafile /opt/ca.crt"]),
    ];
    await writeFile(path.join(folder, "Dockerfile"), `${lines.flat().join("\n")}\n`);
    await docker("build", "--quiet", "--tag", toolchain, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Installs a package where npm may, fails to where it may not, and uses the project's own tool. */
const work = (agent: string) => `set -e
here=$PWD; mkdir /tmp/p-${agent}; cd /tmp/p-${agent}; echo '{"private":true}' > package.json
npm install --no-audit --no-fund is-number@7.0.0 > /dev/null
node -p 'JSON.stringify({ agent: "${agent}", is: require("is-number")("7"), at: require("is-number/package.json").version })' > $here/${agent}.json
npm view --registry https://registry.example.org is-number > /dev/null 2>&1 && echo reached >> $here/${agent}.json || true
echo "uid $(id -u), tool $(seven)" >> $here/${agent}.json`;

describeWithDocker("real agents in the separated container, on a real Docker Engine", () => {
  beforeAll(async () => {
    if (agentsFolder === "") return;
    const conversations = agents.map((agent) => ({
      match: `for ${agent} alone`,
      answers: [{ acts: [{ bash: work(agent) }] }, { text: "It is done." }],
    }));
    server = await ModelServer.start({ conversations });
    outside = await openToContainers(Number(new URL(server.url).port));
    const { port } = outside.address() as { port: number };
    await buildImages(name);
    await buildToolchain();
    const env = { DISINTO_NAME: name, DISINTO_IMAGE_TAG: name, DISINTO_IMAGE_AGENTS: toolchain };
    factory = await TestFactory.create({ env, coder: ["true"], reviewer: ["true"], devBots: [] });
    const section = (agent: string) =>
      `[agents.dev-${agent}]\nroles = ["dev"]\nharness = "${agent}"\nmodel = "scripted"\nbase_url = "http://host.docker.internal:${port}"\npoll_interval = 0.5\n`;
    const file = path.join(factory.folder, "projects/greeter.toml");
    const project = await readFile(file, "utf8");
    const network = '[network]\nallow = ["npm"]\n';
    await writeFile(file, `${project}${network}${agents.map(section).join("")}`);
    await factory.disintoOrThrow("init", factory.repository);
    await factory.disintoOrThrow("up");
  }, 900_000);

  afterAll(async () => {
    outside?.close();
    await server?.close();
    await factory?.end();
    await removeProject(name);
    for (const image of [toolchain, `disinto-agents:${name}`, `disinto-forge:${name}`])
      await removeImage(image);
  });

  agentTest(
    "each installs a package through the allowed registry, reaches no other, and is nobody's but the harness's user",
    async () => {
      if (!factory) return;
      const forge = await factory.forge();
      for (const agent of agents)
        await forge.issues(repo).open({
          title: `A file for ${agent} alone`,
          body: `Write ${agent}.json for ${agent} alone.`,
          labels: ["backlog"],
        });
      const tree = await WorkTree.create();
      const remote = `${factory.forgeUrl}/${repo.owner}/${repo.name}.git`;
      const read = async (agent: string) => {
        for (const { head } of await forge.pulls(repo).listOpen()) {
          await tree.git("fetch", "-q", remote, head);
          const { exitCode, stdout } = await tree.attempt("show", `FETCH_HEAD:${agent}.json`);
          if (exitCode === 0) return stdout;
        }
        return undefined;
      };
      for (const agent of agents) {
        const written = await until(`${agent} has done its work`, () => read(agent), 240_000);
        expect(written).toBe(`{"agent":"${agent}","is":true,"at":"7.0.0"}\nuid 64001, tool 7\n`);
      }
      await tree.remove();
    },
    300_000,
  );
});
