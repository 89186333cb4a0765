/**
 * Lets Node run the TypeScript of the demo's library, on versions that cannot by themselves:
 * `node --import <this file> --test test/*.test.ts`. Types are taken out, nothing is checked.
 */
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

if (isMainThread) register(import.meta.url);

export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const text = await readFile(fileURLToPath(url), "utf8");
  const { default: typescript } = await import("@swc/wasm-typescript");
  const { code } = typescript.transformSync(text, { mode: "strip-only" });
  return { format: "module", shortCircuit: true, source: code };
}
