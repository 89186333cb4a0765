import { expect, test } from "vitest";
import { differences, whyNotCompared } from "../../../test/forge-contract/description.ts";

const compared = test.skipIf(whyNotCompared !== undefined);
const label = ` (${whyNotCompared ?? "Forgejo's description is at hand"})`;
const version = { method: "GET", path: "/version", status: 200 };

compared(`an answer that says too much, too little or the wrong thing is found${label}`, () => {
  expect(differences({ ...version, body: { version: "11" } })).toEqual([]);
  expect(differences({ ...version, body: { version: "11", more: 1 } })).toHaveLength(1);
  expect(differences({ ...version, body: {} })).toHaveLength(1);
  expect(differences({ ...version, body: { version: 11 } })).toHaveLength(1);
  expect(differences({ ...version, status: 204, body: "" })).toHaveLength(1);
});
