import { expect, test } from "vitest";
import { buildProjectSchema, formatReference } from "./reference.ts";

test("docs/configuration.md says what the code reads", async () => {
  await expect(formatReference()).toMatchFileSnapshot("../../docs/configuration.md");
});

test("the schema for editors knows every key, and refuses others", () => {
  const schema = buildProjectSchema();

  expect(Object.keys(schema.properties ?? {})).toContain("agents");
  expect(schema).toMatchObject({ required: ["repo"], additionalProperties: false });
});
