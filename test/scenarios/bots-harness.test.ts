/** A harness that misbehaves as the issue's title says, and an issue after them all that it does well. */
import { readdir, readFile, readlink } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import { startAutoApprover } from "../support/auto-approver.ts";
import { repo } from "../support/factory-description.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

let template: Template | undefined;
let scene: Scene | undefined;

afterEach(async () => {
  await scene?.close();
});

const stubborn = 'trap "" TERM; while :; do sleep 1; done';

/** Title → what the shell does, what the session's end is called, and what people read. */
const misdeeds: Readonly<Record<string, readonly [script: string, fault: string, said: RegExp]>> = {
  hang: ["while :; do echo .; sleep 0.2; done", "wall-time", /did not finish within/],
  silence: ["exec sleep 600", "silence", /wrote nothing for/],
  flood: ["exec yes a-long-line-of-output", "output", /exceeded its output limit/],
  fork: [
    `touch ready; for n in 1 2 3; do setsid sh -c '${stubborn}' & done
     env -i PATH="$PATH" setsid sh -c '${stubborn}' & exit 3`,
    "exit",
    /ended with 3/,
  ],
  "stay when told to end": [stubborn, "silence", /wrote nothing for/],
  "delete its folder": ['rm -rf "$PWD"', "exit", /deleted its work folder/],
  nothing: ["exit 0", "", /ended without changing a file/],
  lie: [
    'echo "all done, the tests pass"; echo \'{"done": true}\' > "$DISINTO_RESULT"',
    "",
    /ended without changing a file/,
  ],
};

/** Several, since most of the time is waiting for limits; each has more misdeeds to go through than one. */
const devs = ["dev-1", "dev-2", "dev-3"];

const GOOD = "do it well";

function formatHarness(): string {
  const cases = Object.entries(misdeeds).map(([title, [script]]) => `*"«${title}»"*) ${script} ;;`);
  const good = `*"«${GOOD}»"*) echo well > well.txt ;;`;
  return `prompt=$(cat)\ncase $prompt in\n${[...cases, good].join("\n")}\nesac\n`;
}

/** Command lines of processes that belong to a session of a bot: by its mark, or by where they stand. */
async function findSessions(scene: Scene, name: string): Promise<readonly string[]> {
  const folder = `${scene.folder}/${name}/`;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
      const environment = await read("environ");
      const isMarked = environment.includes("DISINTO_SESSION=") && environment.includes(folder);
      const stands = (await readlink(`/proc/${pid}/cwd`).catch(() => "")).startsWith(folder);
      return isMarked || stands ? [await read("cmdline")] : [];
    }),
  );
  return found.flat();
}

test("a harness that hangs, is silent, floods, forks, deletes or lies is classed and said once, and the next issue is taken", async () => {
  template = await Template.create({ devs: [...devs], reviewers: ["reviewer"] });
  const opened = await Scene.open(template);
  scene = opened;
  const { forge, view, processes } = opened;
  const issues = forge.issues(repo);
  for (const title of [...Object.keys(misdeeds), GOOD])
    await issues.open({ title: `Please «${title}»`, body: "", labels: ["backlog"] });
  const attendant = startAutoApprover(opened, "reviewer");
  const file = await opened.write("harness.sh", formatHarness());
  for (const name of devs) {
    opened.startBot(name, {
      ...opened.environmentOf(name),
      AGENT_COMMAND: JSON.stringify(["sh", file]),
      AGENT_LIMITS: JSON.stringify({ minutes: 0.05, silence: 0.02 }),
    });
  }

  await until(
    "every issue is done with",
    async () => {
      const ended = devs.find((name) => !processes.isRunning(name));
      if (ended) throw new Error(processes.output(ended));
      const open = await issues.listOpen();
      if (!open.every(({ labels }) => labels.includes("blocked"))) return false;
      return [...(await view.refs()).keys()].every((ref) => !ref.includes("/claims/"));
    },
    240_000,
  );
  await attendant.stop();
  for (const name of devs) await processes.stop(name);

  const seen = await view.issues();
  expect(await view.pulls()).toMatchObject([{ title: `Please «${GOOD}»`, merged: true }]);
  const events = (await Promise.all(devs.map((name) => opened.events(name)))).flat();
  const ends = events.filter(({ type }) => type === "session.ended");
  for (const [index, [title, [, fault, said]]] of Object.entries(misdeeds).entries()) {
    const issue = seen[index];
    expect(issue?.title).toContain(title);
    expect(issue?.labels, title).toContain("blocked");
    expect(
      issue?.comments.map(({ body }) => body),
      title,
    ).toEqual([expect.stringMatching(said)]);
    const own = ends.filter((end) => end.issue === issue?.number);
    expect(
      own.map((end) => end.fault ?? ""),
      title,
    ).toEqual(Array(4).fill(fault));
  }
  for (const name of devs) expect(await findSessions(opened, name)).toEqual([]);
}, 300_000);
