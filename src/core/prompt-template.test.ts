import { expect, test } from "vitest";
import { checkPrompt, renderPrompt } from "./prompt-template.ts";

test("a variable is replaced by its value, and braces in a value name nothing", () => {
  const values = { title: "use {{body}} and $& twice", body: "secret" };

  expect(renderPrompt("# {{title}}\n", values)).toBe("# use {{body}} and $& twice");
});

test("a section stands only where its variable has a value", () => {
  const template = "a\n{{#feedback}}\nb {{feedback}}\n{{/feedback}}\nc";

  expect(renderPrompt(template, { feedback: "red" })).toBe("a\nb red\nc");
  expect(renderPrompt(template, { feedback: undefined })).toBe("a\nc");
});

test("an unknown variable and a section without an end are told with their place", () => {
  expect(checkPrompt("coding", "{{title}}\n{{tilte}}")).toBe(
    "line 2 names {{tilte}}; there are number, title, body, feedback",
  );
  expect(checkPrompt("coding", "{{#feedback}} never ended")).toBe(
    "{{#feedback}} has no counterpart",
  );
  expect(checkPrompt("review", "{{#said}}{{said}}{{/said}}")).toBeUndefined();
});
