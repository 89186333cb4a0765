/** A factory in the containers that `up` makes, for whoever tries something from inside them. */
import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { run, runOrThrow, toolEnvironment } from "../../src/adapters/process.ts";
import { RUNNER_UID } from "../../src/core/uids.ts";
import { buildCli } from "./cli.ts";
import type { Attacks } from "./container-attacks.ts";
import { docker, removeImage, removeProject } from "./docker.ts";
import { repo, TestFactory, until } from "./test-factory.ts";

const checkout = path.join(import.meta.dirname, "../..");

export async function buildImages(tag: string): Promise<void> {
  const base = process.env.DISINTO_TEST_BASE;
  const env = toolEnvironment({ DOCKER_BUILDKIT: process.env.DOCKER_BUILDKIT ?? "1" });
  const dist = path.dirname(await buildCli());
  const argv = ["scripts/images.mjs", "--tag", tag, "--dist", dist];
  await runOrThrow([process.execPath, ...argv, ...(base ? ["--base", base] : [])], {
    cwd: checkout,
    env,
    timeoutMs: 300_000,
  });
}

const helpers = `
  const fs = require("fs"), net = require("net"), cp = require("child_process");
  const others = () => fs.readdirSync("/proc").filter((pid) => /^\\d+$/.test(pid) && pid != process.pid);
  const reach = (host, port) => new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, timeout: 4000 });
    socket.on("connect", () => (socket.destroy(), resolve(true))).on("error", reject);
    socket.on("timeout", () => (socket.destroy(), reject(new Error("timeout"))));
  });
  const say = (text) => new Promise((resolve, reject) => {
    const socket = net.connect({ host: "egress", port: 3128 });
    socket.write(text);
    socket.on("data", (data) => (socket.destroy(), resolve(/^HTTP.1.1 200/.test(data)))).on("error", reject);
  });
  const ask = (target) => say("CONNECT " + target + " HTTP/1.1\\r\\n\\r\\n");`;

/** Where the host is, seen from containers. */
export async function findGateway(): Promise<string> {
  const format = "{{(index .IPAM.Config 0).Gateway}}";
  return (await docker("network", "inspect", "bridge", "--format", format)).trim();
}

interface Wanted {
  readonly devBots: readonly string[];
  readonly coder?: readonly string[];
}

export class AttackedFactory {
  readonly name = `t${randomBytes(4).toString("hex")}`;
  readonly ci = `${this.name}-ci`;
  readonly egress = `${this.name}-egress`;
  readonly forge = `${this.name}-forgejo`;
  /** Counts tries that must fail. */
  readonly #counted = { tried: 0, refused: 0 };
  readonly #host: Server;
  #factory: TestFactory | undefined;

  private constructor(host: Server) {
    this.#host = host;
  }

  static async open({ devBots, coder = ["true"] }: Wanted): Promise<AttackedFactory> {
    const host = createServer((_, response) => response.end("the host")).listen(0, "0.0.0.0");
    await new Promise((resolve) => host.once("listening", resolve));
    const opened = new AttackedFactory(host);
    await buildImages(opened.name);
    opened.#factory = await TestFactory.create({
      env: { DISINTO_NAME: opened.name, DISINTO_IMAGE_TAG: opened.name },
      coder,
      reviewer: ["true"],
      devBots,
    });
    await opened.factory.disintoOrThrow("init", opened.factory.repository);
    await opened.factory.disintoOrThrow("up");
    for (const one of devBots)
      await until("the bot is at work", async () =>
        (await docker("logs", opened.bot(one))).includes("bot.started"),
      );
    return opened;
  }

  get factory(): TestFactory {
    if (!this.#factory) throw new Error("not made");
    return this.#factory;
  }

  bot(name: string): string {
    return `${this.name}-agents-${name}`;
  }

  /** Where something on the host answers. */
  get hostPort(): number {
    return (this.#host.address() as AddressInfo).port;
  }

  /** As a harness, a step or, for comparison, the runner: without the runner's capabilities in any case. */
  async act(container: string, uid: number, script: string): Promise<string> {
    const drop = ["--clear-groups", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs"];
    // The egress service is that user already, and can become nobody.
    const become = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, ...drop];
    const who = container === this.egress ? [] : become;
    const argv = ["docker", "exec", container, ...who, "node", "-e", script] as const;
    const { stdout, stderr } = await run(argv, { timeoutMs: 120_000 });
    return stdout.trim() || stderr.trim();
  }

  /** Those that succeeded, as who must not. */
  async attack(container: string, uid: number, attacks: Attacks): Promise<readonly string[]> {
    const won = await this.control(container, uid, attacks);
    const tried = Object.keys(attacks).length;
    this.#counted.tried += tried;
    this.#counted.refused += tried - won.length;
    return won;
  }

  /** The same as who may: it shows that a success would be seen. */
  async control(container: string, uid: number, attacks: Attacks): Promise<readonly string[]> {
    const entries = Object.entries(attacks).map(
      ([title, code]) => `[${JSON.stringify(title)}, async () => { ${code} }]`,
    );
    const script = `${helpers}
      (async () => {
        for (const [title, go] of [${entries.join(",")}]) {
          const won = await go().then((answer) => answer !== false, () => false);
          if (won) console.log(title);
        }
        process.exit(0);
      })();`;
    const said = await this.act(container, uid, script);
    return said.split("\n").filter((line) => line !== "");
  }

  /** What the steps of the newest run of the CI said. */
  readLog(): Promise<string> {
    const folder = `/home/agent/data/${repo.owner}/${repo.name}/pipelines`;
    const newest = `cd ${folder} && cat "$(ls -t *.log | head -n 1)"`;
    const read = `require("child_process").execSync(${JSON.stringify(newest)}, { encoding: "utf8" })`;
    return this.act(this.ci, RUNNER_UID, `console.log(${read})`);
  }

  async close(): Promise<void> {
    const { tried, refused } = this.#counted;
    process.stdout.write(`attacks from inside: ${tried} tried, ${refused} refused\n`);
    this.#host.close();
    await this.#factory?.end();
    await removeProject(this.name);
    for (const image of ["agents", "forge"]) await removeImage(`disinto-${image}:${this.name}`);
  }
}
