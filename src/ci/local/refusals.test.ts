import { expect, test } from "vitest";
import { listRefusals } from "./refusals.ts";

const file = (text: string) => [{ path: ".woodpecker/test.yml", text }];
const facts = { primaryBranch: "main", secrets: [{ name: "push_key", events: ["push"] }] };
const steps = "steps:\n  - name: test\n    image: node:24\n    commands: [npm test]\n";

test("a file that the local CI runs has nothing against it", () => {
  expect(listRefusals(file(steps), facts)).toEqual([]);
});

test("each key that it does not know is named with its file, once", () => {
  const text = `services:\n  - image: postgres\n${steps}    settings: {a: b}\n`;

  expect(listRefusals(file(text), facts)).toEqual([
    ".woodpecker/test.yml: steps.0.settings: not supported by the local CI",
    ".woodpecker/test.yml: services: not supported by the local CI",
  ]);
});

test("a secret that no step is handed is named", () => {
  const text = `${steps}    environment:\n      KEY:\n        from_secret: deploy_key\n`;

  expect(listRefusals(file(text), facts)).toEqual([
    '.woodpecker/test.yml: steps.test.environment: secret "deploy_key" is not available to pull_request',
    '.woodpecker/test.yml: steps.test.environment: secret "deploy_key" is not available to push',
  ]);
});

test("a secret is there for the events that its project names, and no others", () => {
  const text = `${steps}    environment:\n      KEY:\n        from_secret: push_key\n`;

  expect(listRefusals(file(text), facts)).toEqual([
    '.woodpecker/test.yml: steps.test.environment: secret "push_key" is not available to pull_request',
  ]);
  expect(listRefusals(file(`when:\n  - event: push\n${text}`), facts)).toEqual([]);
});

test("what does not run for these events is refused nothing", () => {
  expect(listRefusals(file(`when:\n  - event: tag\n${steps}`), facts)).toEqual([]);
});

test("a file that is no YAML is told with its line", () => {
  expect(listRefusals(file("steps: [\n"), facts)[0]).toMatch(/^\.woodpecker\/test\.yml: .*line/);
});
