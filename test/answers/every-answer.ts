/** Runs in every test file: no answer of an embedded forge may differ from Forgejo's description, whoever asked for it. */
import { afterAll } from "vitest";
import { differences, type Exchange } from "../forge-contract/description.ts";
import { recordAnswers } from "./recorder.mjs";

const found = new Set<string>();
let compares = true;

recordAnswers((exchange: Exchange) => {
  if (compares) for (const difference of differences(exchange)) found.add(difference);
});

afterAll(() => {
  const [first, ...rest] = found;
  if (first === undefined) return;
  const all = [first, ...rest].join("\n");
  throw new Error(`answers of the forge differ from Forgejo's description:\n${all}`);
});

/** For the one file whose forges are broken on purpose. */
export function comparesNothing(): void {
  compares = false;
}
