/** What is tried from inside a container, as programs of Node. */

/** Each is an expression; it has succeeded when it does not throw and does not answer false. */
export type Attacks = Readonly<Record<string, string>>;

export const onRunner: Attacks = {
  "an environment of another process":
    'return others().some((pid) => { try { return fs.readFileSync("/proc/" + pid + "/environ", "utf8").includes("FORGE_TOKEN="); } catch { return false; } })',
  "an open file of another process":
    'return others().some((pid) => { try { return fs.readdirSync("/proc/" + pid + "/fd").length > 0; } catch { return false; } })',
  "the memory of another process":
    'return others().some((pid) => { try { fs.closeSync(fs.openSync("/proc/" + pid + "/mem", "r")); return true; } catch { return false; } })',
  "a signal to another process":
    "return others().some((pid) => { try { return process.kill(Number(pid), 0); } catch { return false; } })",
  "the runner's folder of data": 'fs.readdirSync("/home/agent/data")',
  "the runner's events": 'fs.readFileSync("/home/agent/data/events.jsonl")',
  "a file among the runner's": 'fs.writeFileSync("/home/agent/repos/x", "")',
};

export const onContainer: Attacks = {
  "a program of the image": 'fs.writeFileSync("/usr/local/bin/git", "")',
  "disinto's own code": 'fs.appendFileSync("/app/dist/main.js", "")',
  "another user": "process.setuid(64000)",
  root: "process.setuid(0)",
  "a program that makes root":
    'return cp.execSync("find / -xdev -perm /6000 -type f 2>/dev/null || true").length > 0',
  "a capability": 'return !/CapEff:\\t0+\\n/.test(fs.readFileSync("/proc/self/status", "utf8"))',
  "the engine's socket": 'fs.statSync("/var/run/docker.sock")',
};
