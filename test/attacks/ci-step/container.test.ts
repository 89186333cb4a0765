/**
 * A step of the local CI that wants more than its checkout, in the containers that `up` makes; and the chain that begins with
 * an edited test script, which the CI runs because it is in a pull request.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { remoteGitEnvironment } from "../../../src/adapters/git/environment.ts";
import { RUNNER_UID, stepUids } from "../../../src/core/uids.ts";
import { WorkTree } from "../../forge-contract/work-tree.ts";
import { AttackedFactory, findGateway } from "../../support/attacked-factory.ts";
import {
  onContainer,
  onMirrorOfCi,
  onOtherRuns,
  onRunner,
  waysOut,
} from "../../support/container-attacks.ts";
import { describeWithDocker, docker } from "../../support/docker.ts";
import { repo, until } from "../../support/test-factory.ts";

const [step = 0, otherStep = 0] = stepUids;
const script = path.join(import.meta.dirname, "edited-script.mjs");

describeWithDocker("from inside a step of the CI, on a real Docker Engine", () => {
  let at: AttackedFactory;

  beforeAll(async () => {
    at = await AttackedFactory.open({ devBots: ["dev-qwen"] });
  }, 600_000);

  afterAll(() => at?.close());

  test("a step gets nothing of the CI's, nor of another run's", async () => {
    const { "a file among the runner's": _, ...ofCi } = onRunner;
    const other = `setpriv --reuid=${otherStep} --regid=${otherStep} --clear-groups --inh-caps=-all --ambient-caps=-all`;
    await docker("exec", "--detach", at.ci, ...other.split(" "), "sleep", "60");

    expect(await at.attack(at.ci, step, ofCi)).toEqual([]);
    const title = "a signal to another process";
    const signal = { [title]: onRunner[title] ?? "" };
    expect(await at.control(at.ci, otherStep, signal)).toEqual([title]);
  });

  test("nobody of the CI's container changes its image or gets rights", async () => {
    expect(await at.attack(at.ci, step, onContainer)).toEqual([]);
  });

  test("no mirror, cache or folder of runs is open to a step that was not given it", async () => {
    const made =
      'for (const at of ["1", "1.lent"]) fs.mkdirSync("/home/agent/data/runs/" + at, { recursive: true, mode: 0o700 })';
    await at.control(at.ci, RUNNER_UID, { made });

    expect(await at.attack(at.ci, step, { ...onMirrorOfCi, ...onOtherRuns })).toEqual([]);
    expect(await at.control(at.ci, RUNNER_UID, onMirrorOfCi)).toEqual(["a project's mirror"]);
  });

  test("a step reaches neither the host nor the outside but by egress", async () => {
    expect(await at.attack(at.ci, step, waysOut(await findGateway(), at.hostPort))).toEqual([]);
  });

  test("from an edited test script nothing gets to the primary branch, to another run, or past its own end", async () => {
    const forge = await at.factory.forge();
    const token = (await at.factory.environment()).get("FORGE_TOKEN_DEV_QWEN") ?? "";
    const remote = `${at.factory.forgeUrl}/${repo.owner}/${repo.name}.git`;
    const access = { forgeUrl: at.factory.forgeUrl, login: "dev-qwen", token };
    const tree = await WorkTree.create(remoteGitEnvironment(access));
    await tree.git("fetch", "-q", remote, "main");
    const before = await tree.git("rev-parse", "FETCH_HEAD");
    // One after the other, and more than there are slots: each would meet what one before has left.
    for (let round = 0; round <= stepUids.length; round++) {
      await tree.git("checkout", "-q", "-B", `edit-${round}`, "FETCH_HEAD");
      await tree.commit("test/edited.test.mjs", await readFile(script, "utf8"));
      const sha = await tree.commit("round.txt", `${round}\n`);
      await tree.git("push", "-q", remote, `HEAD:refs/heads/edit-${round}`);
      await forge
        .pulls(repo)
        .open({ title: `Edit ${round}`, body: "", head: `edit-${round}`, base: "main" });
      const status = await until("the run is decided", async () => {
        const all = await forge.statuses(repo).of(sha);
        return all.find(({ state }) => state === "failure" || state === "success");
      });
      expect(status).toMatchObject({ state: "failure" });
      expect(await at.readLog()).toMatch(/tried \d+, won nothing\./);
    }

    expect(await tree.git("ls-remote", remote, "refs/heads/main")).toContain(before);
    for (const uid of stepUids) {
      await until("nothing of it runs", async () => {
        const alive = `grep -l "^Uid:.${uid}" /proc/[0-9]*/status | wc -l`;
        return (await docker("exec", at.ci, "sh", "-c", alive)) === "0";
      });
      const left = {
        left: `return cp.execSync("find /tmp /dev/shm /var/tmp /home/agent/data/runs -user ${uid} 2>/dev/null || true").length > 0`,
      };
      expect(await at.control(at.ci, uid, left)).toEqual([]);
    }
    await tree.remove();
  });
});
