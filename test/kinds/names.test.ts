/** Kinds are tables: nothing but a kind's own folder knows its names, and nothing but the wiring loads what it does. */
import path from "node:path";
import { expect, test } from "vitest";
import { ciProviders } from "../../src/ci/definitions.ts";
import { namesOf } from "../../src/core/kinds.ts";
import { engines } from "../../src/engines/definitions.ts";
import { forgeKinds } from "../../src/forge-kinds/definitions.ts";
import { harnesses } from "../../src/harness/definitions.ts";
import { roles } from "../../src/roles/definitions.ts";
import { botParts, botVariables } from "../../src/settings/bot.ts";
import { envSettings } from "../../src/settings/env.ts";
import { readProductSources } from "../support/sources.ts";

const tables: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["src/roles/", roles],
  ["src/engines/", engines],
  ["src/ci/", ciProviders],
  ["src/harness/", harnesses],
  ["src/forge-kinds/", forgeKinds],
];

/** The same words with another meaning. */
const otherMeanings = [
  // Kinds of commands on the command line, words of Docker's own command, properties' names, parts with an address.
  'src/cli/program.ts: === "command"',
  'src/engines/compose/engine.ts: === "compose"',
  'src/harness/wiring.ts: "command" |',
  'src/core/addresses.ts: "woodpecker" |',
  'src/core/conversation.ts: "command" |',
  'src/bot/settings.ts: "command" |',
];

test("no name of a kind is compared outside of the kind's folder", async () => {
  const found = (await readProductSources()).flatMap(({ file, text }) => {
    if (file.startsWith("src/forge/")) return [];
    const own = tables
      .filter(([folder]) => file.startsWith(folder))
      .flatMap(([, table]) => namesOf(table));
    const foreign = tables
      .flatMap(([, table]) => namesOf(table))
      .filter((name) => !own.includes(name));
    const names = foreign.join("|");
    const compared = new RegExp(
      `(===|!==|case|includes\\(|\\?\\?|enum\\(\\[) ?"(${names})"|"(${names})" (===|!==|\\|(?!\\|))`,
      "g",
    );
    return [...text.matchAll(compared)].map(([match]) => `${file}: ${match}`);
  });

  expect(found.filter((one) => !otherMeanings.includes(one))).toEqual([]);
});

/** Pure, or what a service's own command reads. */
const shared =
  /\/(definitions?|documents?|contexts|oauth-application|settings|variables|leftover-processes|workflow-offers)\.ts$/;
const acting = /^src\/(roles|engines|ci|harness)\//;

test("what a kind does is imported by the wiring alone", async () => {
  const sources = await readProductSources();
  const found = sources.flatMap(({ file, text }) => {
    if (/^src\/wiring[^/]*\.ts$/.test(file)) return [];
    const imports = [...text.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)].map(([, to = ""]) =>
      path.join(path.dirname(file), to),
    );
    const room = acting.exec(file)?.[0];
    return imports
      .filter((to) => acting.test(to) && !shared.test(to))
      .filter((to) => room === undefined || !to.startsWith(room))
      .map((to) => `${file} imports ${to}`);
  });

  expect(found).toEqual([]);
});

/** The same name in another program's environment, and the name of a front end to bots. */
const otherUses = [
  "src/harness/claude-code/agent.ts: ANTHROPIC_API_KEY",
  "src/harness/claude-code/agent.ts: ANTHROPIC_BASE_URL",
  "src/harness/claude-code/agent.ts: CLAUDE_AUTOCOMPACT_PCT_OVERRIDE",
  "src/harness/command/command.ts: ANTHROPIC_API_KEY",
  "src/harness/command/command.ts: ANTHROPIC_BASE_URL",
  "src/ci/woodpecker/definition.ts: WOODPECKER_AGENT_SECRET",
  "src/ci/woodpecker/definition.ts: WOODPECKER_HOST",
  "src/ci/local/variables.ts: DASHBOARD_URL",
];

test("the key of a setting stands as a literal in its declaration and nowhere else", async () => {
  const declared = [...envSettings, ...Object.values(botVariables), ...Object.values(botParts)];
  const keys = [...new Set(declared.map(({ key }) => key))].filter((key) => !key.includes("<"));
  const literal = new RegExp(
    `["'](${keys.join("|")})["']|(?<!\\w)(${keys.join("|")}):|\\.(${keys.join("|")})\\b`,
    "g",
  );
  const found = (await readProductSources())
    .filter(({ file }) => !/^src\/(settings|forge)\//.test(file))
    .flatMap(({ file, text }) =>
      text
        .split("\n")
        .filter((line) => !/declaredIn|^\s*(\/\*)?\*/.test(line))
        .flatMap((line) => [...line.matchAll(literal)])
        .map(([, quoted, property, access]) => `${file}: ${quoted ?? property ?? access}`),
    );

  expect(found.filter((one) => !otherUses.includes(one))).toEqual([]);
});
