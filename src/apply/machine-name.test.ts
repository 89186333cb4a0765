import { hostname } from "node:os";
import { expect, test } from "vitest";
import { findMachineName } from "./machine-name.ts";

test("a name is taken only if it leads to this machine, by a name and not by a number", async () => {
  for (const url of [
    "http://127.0.0.1:3000",
    "http://localhost:3000",
    "http://x.localhost",
    "http://no-such-machine.invalid",
  ])
    expect([url, await findMachineName(url)]).toEqual([url, undefined]);
});

test("this machine's own name is offered where it leads here", async () => {
  const found = await findMachineName();

  if (found) expect(found.name).toBe(hostname().toLowerCase());
  expect(found?.address ?? "127.0.0.1").toMatch(/^[\d.]+$/);
});
