import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  buildStandIn,
  describeWithDocker,
  docker,
  dockerSays,
  removeImage,
} from "../support/docker.ts";
import { type Fleet, findFreePort, makeFleet } from "../support/fleet.ts";

describeWithDocker("Woodpecker's data beside the bots, on a real engine", () => {
  const image = `disinto-stand-in:${randomBytes(4).toString("hex")}`;
  let fleet: Fleet;

  beforeAll(async () => {
    await buildStandIn(image);
    fleet = await makeFleet(image);
    await fleet.write("projects/shop.toml", 'repo = "acme/shop"\nci.provider = "woodpecker"\n');
  });
  afterAll(async () => {
    await fleet.remove();
    await removeImage(image);
  });

  async function inVolume(...argv: readonly string[]): Promise<string> {
    const volume = `${fleet.name}_woodpecker-data:/volume`;
    const [program = "", ...rest] = argv;
    const name = `${fleet.name}-look`;
    const run = ["run", "--rm", "--name", name, "--user", "0", "--volume", volume];
    return docker(...run, "--entrypoint", program, image, ...rest);
  }

  async function configure(bots: readonly string[]): Promise<void> {
    const port = await findFreePort();
    await fleet.configure(
      bots,
      `LLAMA_BOTS=${bots.join(",")}`,
      `DISINTO_IMAGE_WOODPECKER=${image}`,
      `DISINTO_IMAGE_WOODPECKER_AGENT=${image}`,
      `DISINTO_CI_PORT=${port}`,
      `FORGE_URL=http://box.test:${fleet.port}`,
      `WOODPECKER_HOST=http://box.test:${port}`,
      "WOODPECKER_AGENT_SECRET=a",
      "WP_FORGEJO_CLIENT=b",
      "WP_FORGEJO_SECRET=c",
    );
  }

  test("its root is closed before a bot has it, and no user of the bot's container gets in", async () => {
    await configure(["a"]);
    const said = await fleet.up();

    expect(await inVolume("stat", "-c", "%a %u", "/volume")).toBe("0 0");
    expect(said).toMatch(
      /^starting forgejo, woodpecker, woodpecker-agent, egress\nstarting agents-llama-a$/m,
    );
    expect(await fleet.up()).toBe("nothing to do\n");
    const { woodpecker, ...others } = await fleet.containers();
    const bot = others["agents-a"]?.id ?? "";
    await docker("exec", woodpecker?.id ?? "", "touch", "/var/lib/woodpecker/woodpecker.sqlite");
    // Root, Woodpecker's and Forgejo's user, the runner, the harness, nobody; and who becomes the owner.
    for (const user of ["0", "1000", "64000", "64001", "65534"]) {
      const [read, list, open] = await Promise.all(
        [
          "cat /woodpecker-data/woodpecker.sqlite",
          "ls /woodpecker-data",
          "chmod 0700 /woodpecker-data",
        ].map((line) => dockerSays("exec", "--user", user, bot, ...line.split(" "))),
      );
      expect([user, read, list]).toEqual([
        user,
        expect.stringContaining("Permission denied"),
        expect.stringContaining("Permission denied"),
      ]);
      expect(open).toMatch(/Read-only file system|Operation not permitted/);
    }
  });

  test("an older installation's, open and owned by another, is closed and keeps its owner", async () => {
    await inVolume("chown", "1000:1000", "/volume");
    await inVolume("chmod", "0755", "/volume");
    await configure(["a", "b"]);

    await fleet.up();

    expect(await inVolume("stat", "-c", "%a %u", "/volume")).toBe("0 1000");
    const bot = (await fleet.containers())["agents-a"]?.id ?? "";
    expect(await dockerSays("exec", "--user", "1000", bot, "ls", "/woodpecker-data")).toContain(
      "Permission denied",
    );
    const left = await docker("ps", "--all", "--quiet", "--filter", `name=${fleet.name}-close`);
    expect(left).toBe("");
  });
});
