import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { buildStandIn, describeWithDocker, docker, removeImage } from "../support/docker.ts";
import { type Fleet, makeFleet } from "../support/fleet.ts";
import { until } from "../support/test-factory.ts";

describeWithDocker("commands that only look, on a real engine", () => {
  const image = `disinto-stand-in:${randomBytes(4).toString("hex")}`;
  let fleet: Fleet;

  beforeAll(() => buildStandIn(image));
  afterAll(() => removeImage(image));
  beforeEach(async () => {
    fleet = await makeFleet(image);
    await fleet.configure(["a", "b"], "LLAMA_BOTS=a,b");
  });
  afterEach(() => fleet.remove());

  async function readJson(...args: readonly string[]): Promise<Record<string, unknown[]>> {
    return JSON.parse((await fleet.cli(...args, "--json")).stdout) as Record<string, unknown[]>;
  }

  test("status and agents show what is declared beside what runs, problems first", async () => {
    await fleet.up();
    await docker("kill", `${fleet.name}-agents-b`);

    const { stdout } = await fleet.cli("status");

    expect(stdout).toMatch(
      /^! agents-llama-b is exited \(137\) \(disinto logs agents-llama-b\)\nagents-llama-b +exited \(137\) +LLAMA_BOTS \(\.env:\d+\)\nforgejo +running/,
    );
    expect((await readJson("agents")).agents).toMatchObject([
      {
        name: "a",
        state: "running",
        roles: ["dev"],
        projects: ["shop"],
        service: "agents-llama-a",
      },
      { name: "b", state: "exited (137)" },
    ]);
    expect((await readJson("status")).services).toHaveLength(4);
  });

  test("a bot that runs and makes no progress is a problem, and is shown as one", async () => {
    const check = "{interval: 1s, timeout: 5s, retries: 1, start_period: 0s}";
    const override = `services: {agents-llama-a: {healthcheck: ${check}}}\n`;
    await fleet.write("docker-compose.override.yml", override);
    await fleet.up();

    const first = await until("the bot is unhealthy", async () => {
      const [line = ""] = (await fleet.cli("status")).stdout.split("\n");
      return line.includes("unhealthy") && line;
    });

    expect(first).toMatch(/^! agents-llama-a is running \(unhealthy\)/);
  });

  test("logs take a bot's own name, and say which names there are", async () => {
    await fleet.up();

    const { "agents-a": a } = await fleet.containers();
    await docker("exec", a?.id ?? "", "sh", "-c", "echo some words > /proc/1/fd/1");
    const shown = await fleet.cli("logs", "a");

    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).toMatch(/some words$/m);
    expect(shown.stdout).not.toContain("\u001b");
    const { exitCode, stderr } = await fleet.cli("logs", "nobody");

    expect(exitCode).toBe(2);
    expect(stderr).toContain("one of a, b, forgejo, egress");
    expect((await fleet.cli("logs", "forgjo")).stderr).toContain("did you mean forgejo?");
  });

  test("plan and generate run nothing; config check tells every problem and exits 2", async () => {
    expect((await fleet.cli("plan", "--check")).exitCode).toBe(3);
    expect((await fleet.cli("up", "--dry-run")).stdout).toContain("+ service agents-llama-a");
    expect((await fleet.cli("generate")).exitCode).toBe(0);
    expect(await fleet.containers()).toEqual({});
    await fleet.configure(["a"], "LLAMA_BOTS=a,A", "COMPOSE_FILE=x");

    expect((await fleet.cli("config", "check")).exitCode).toBe(2);
    expect((await readJson("config", "check")).problems).toMatchObject([
      { file: ".env", path: "LLAMA_BOTS", line: expect.any(Number), column: 14 },
      { file: ".env", path: "COMPOSE_FILE", hint: expect.any(String) },
    ]);
  });
});
