/** What somebody made of a test script: it tells how much it was kept from. It runs as a step of the local CI. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";

const { env } = process;
const forge = env.CI_FORGE_URL;
const status = async (url, options) => (await fetch(url, options)).status;
const post = (where, body) =>
  status(`${forge}/api/v1/repos/${env.CI_REPO}${where}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const isOpen = async (asked) => ![401, 403, 404].includes(await asked);
const read = (file) => readFileSync(file, "utf8");
const others = () =>
  readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);

/** Each has succeeded when it neither throws nor answers false. */
const tries = {
  "a secret in its own environment": () => /TOKEN|PASS|SECRET/.test(Object.keys(env).join()),
  "the CI's environment": () =>
    others().some((pid) => {
      try {
        return /(FORGE|CI)_TOKEN=/.test(read(`/proc/${pid}/environ`));
      } catch {
        return false;
      }
    }),
  "the CI's folder": () => readdirSync("/home/agent/data"),
  "the project's cache": () => writeFileSync(`/home/agent/data/${env.CI_REPO}/cache.tar`, "poison"),
  "a status in the CI's name": () =>
    isOpen(post(`/statuses/${env.CI_COMMIT_SHA}`, { context: "ci/local/test", state: "success" })),
  "a merge": () => isOpen(post(`/pulls/${env.CI_COMMIT_PULL_REQUEST}/merge`, { Do: "merge" })),
  "an approval": () =>
    isOpen(post(`/pulls/${env.CI_COMMIT_PULL_REQUEST}/reviews`, { event: "APPROVED" })),
  "a push": () => isOpen(status(`${env.CI_REPO_CLONE_URL}/info/refs?service=git-receive-pack`)),
  "another run of it": () =>
    isOpen(status("http://127.0.0.1:8000/api/repos/1/pipelines/1", { method: "POST" })),
  "the cache that the CI gives to sessions": () =>
    isOpen(status(`http://127.0.0.1:8000/api/repos/lookup/${env.CI_REPO}/cache`)),
  "what an earlier run left in its cache": () => read(`${env.CI_CACHE}/poison`),
  "what an earlier run left for everybody": () => read("/tmp/poison"),
  "what an earlier run left in its home": () => read(`${env.HOME}/.poison`),
  "a process of an earlier run": () =>
    others().some((pid) => {
      try {
        return read(`/proc/${pid}/cmdline`).includes("poisonous");
      } catch {
        return false;
      }
    }),
};

test("everything is tried", async () => {
  const won = [];
  for (const [title, go] of Object.entries(tries)) {
    const answer = await Promise.resolve()
      .then(go)
      .then(
        (found) => found !== false,
        () => false,
      );
    if (answer) won.push(title);
  }
  for (const file of [`${env.CI_CACHE}/poison`, "/tmp/poison", `${env.HOME}/.poison`])
    writeFileSync(file, "poison");
  // It has a group and a session of its own, and nothing of the run's environment.
  const stay = "process.title = 'poisonous'; setInterval(() => 0, 1000)";
  const options = { detached: true, stdio: "ignore", env: {} };
  spawn(process.execPath, ["-e", stay, "poisonous"], options).unref();
  console.log(`tried ${Object.keys(tries).length}, won ${won.join(", ") || "nothing"}.`);
  throw new Error("red, so that nobody takes it for done");
});
