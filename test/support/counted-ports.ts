/**
 * Counts the calls that a disinto process makes on its ports, and ends it with SIGKILL before or after one of them.
 * Bundled into the killable command line only (killable-cli.ts); the product knows nothing of it.
 * `KILL_CALLS` names a file that gets the name of each call, one a line; `KILL_AT` is "17:before" or "17:after".
 */
import { appendFileSync } from "node:fs";

const { KILL_CALLS, KILL_AT = "" } = process.env;
const [killNumber, killMoment] = KILL_AT.split(":");

let made = 0;

/** Answer objects of their own when called, and do nothing on the outside. */
const openers = new Set(["issues", "pulls", "reviews", "statuses"]);
/** Time is no act. */
const uncounted = new Set(["systemClock"]);

/** What a module of adapters exports, counted: what its `build…` functions answer, its objects, its other functions. */
export function countExports(
  module: string,
  exported: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const counted = Object.entries(exported).map(([name, value]) => [
    name,
    uncounted.has(name) ? value : countExport(module, name, value),
  ]);
  return Object.fromEntries(counted);
}

function countExport(module: string, name: string, value: unknown): unknown {
  if (typeof value !== "function") return countPort(name, value);
  if (/^[A-Z]/.test(name)) return value;
  const act = value as (...args: unknown[]) => unknown;
  if (!/^(build|open)/.test(name))
    return (...args: unknown[]) => count(`${module}.${name}`, () => act(...args));
  const port = name.replace(/^(build|open)/, "");
  return (...args: unknown[]) => {
    const built = act(...args);
    return built instanceof Promise
      ? built.then((one) => countPort(port, one))
      : countPort(port, built);
  };
}

/** The same object, each of whose methods counts; so do those of the objects in it. */
function countPort(name: string, port: unknown): unknown {
  if (!isPort(port)) return port;
  return new Proxy(port, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof key !== "string") return value;
      const inner = `${name}.${key}`;
      if (typeof value !== "function") return countPort(inner, value);
      if (openers.has(key))
        return (...args: unknown[]) => countPort(inner, value.apply(target, args));
      return (...args: unknown[]) => count(inner, () => value.apply(target, args));
    },
  });
}

function isPort(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const isBuiltIn = [Array, Map, Set, Promise, AbortSignal, Uint8Array, Error, Date].some(
    (kind) => value instanceof kind,
  );
  return !isBuiltIn;
}

function count(name: string, act: () => unknown): unknown {
  made += 1;
  const own = String(made);
  if (KILL_CALLS) appendFileSync(KILL_CALLS, `${name}\n`);
  if (own === killNumber && killMoment === "before") endNow();
  const settle = (): void => {
    if (own === killNumber && killMoment === "after") endNow();
  };
  let answer: unknown;
  try {
    answer = act();
  } catch (error) {
    settle();
    throw error;
  }
  if (answer instanceof Promise) return answer.finally(settle);
  settle();
  return answer;
}

/** No statement follows: the signal needs no help of the process, and the process does nothing until it arrives. */
function endNow(): never {
  process.kill(process.pid, "SIGKILL");
  for (;;);
}
