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

/** Reads mirrors of every project that the container's service works on, and what is kept there for others. */
const reading = (file: string): string => `fs.statSync(${JSON.stringify(file)} + "/HEAD")`;
export const onMirrorOfCi: Attacks = {
  "a project's mirror": reading("/home/agent/data/disinto-admin/greeter/mirror.git"),
};
export const onOtherRuns: Attacks = {
  "the names of projects": 'fs.readdirSync("/home/agent/data/disinto-admin")',
  "what is kept of a project's runs": 'fs.readdirSync("/home/agent/data/disinto-admin/greeter")',
  "a cache in place of the CI's":
    'fs.writeFileSync("/home/agent/data/disinto-admin/greeter/cache.tar", "")',
  "the names of runs": 'fs.readdirSync("/home/agent/data/runs")',
  "a folder among the runs'": 'fs.mkdirSync("/home/agent/data/runs/1/x")',
  "the objects that another run is lent": 'fs.readdirSync("/home/agent/data/runs/1.lent/x")',
  "the CI's answers":
    'const { status } = await fetch("http://127.0.0.1:8000/api/repos/lookup/disinto-admin/greeter/cache"); return status !== 401',
};
export const onMirrorOfBot: Attacks = {
  "a project's mirror": reading("/home/agent/repos/dev/disinto-admin/greeter/mirror.git"),
};

/** Out of the networks of a factory; `gateway` and `port` are the host's. */
export function waysOut(gateway: string, port: number): Attacks {
  const host = JSON.stringify(`${gateway}:${port}`);
  const plain = (target: string, where: string): string =>
    `return say("GET http://${where}/ HTTP/1.1\\r\\nHost: ${target}\\r\\n\\r\\n")`;
  return {
    "the host by its bridge": `return reach(${JSON.stringify(gateway)}, ${port})`,
    "the host by its name": `return reach("host.docker.internal", ${port})`,
    "the outside": 'return reach("192.0.2.1", 80)',
    "a name that nobody allowed": 'return ask("evil.example.com:443")',
    "a name that nobody allowed, by plain HTTP": plain("evil.example.com", "evil.example.com"),
    "the host by the proxy": `return ask(${host})`,
    "the host by the proxy and plain HTTP": plain("registry.npmjs.org", `${gateway}:${port}`),
    "the host by an address within another": `return ask("[::ffff:${gateway}]:${port}")`,
    "loopback of the proxy": 'return ask("127.0.0.1:3128")',
    "loopback of the proxy by its name": 'return ask("localhost:3128")',
    "the proxy by the proxy": 'return ask("egress:3128")',
    "the forge's port by the proxy": 'return ask("forgejo:3000")',
  };
}
