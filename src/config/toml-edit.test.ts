import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { removeTomlKey, setTomlKey } from "./toml-edit.ts";
import { editTomlFile } from "./toml-file.ts";

const project = `# our shop
repo = "acme/shop"  # the one

[agents.ada] # careful
model = "old" # a comment
roles = [
  "dev", # first
]

# about bob
[agents.bob]
base_url = "http://m:1"
`;

test("a value is changed in place, and its comment stays", () => {
  expect(setTomlKey(project, ["agents", "ada", "model"], 'ne"w')).toBe(
    project.replace('"old"', '"ne\\"w"'),
  );
});

test("a new key follows its neighbours, a new section stands at the end", () => {
  const edited = setTomlKey(project, ["agents", "ada", "enabled"], false);

  expect(edited).toBe(project.replace("]\n\n# about", "]\nenabled = false\n\n# about"));
  expect(setTomlKey(project, ["agents", "dev-2", "roles"], ["dev", "review"])).toBe(
    `${project}\n[agents.dev-2]\nroles = ["dev", "review"]\n`,
  );
});

test("a section is removed with its keys, and nothing else", () => {
  expect(removeTomlKey(project, ["agents", "ada"])).toBe(
    project.replace(/\[agents\.ada\][\s\S]*\]\n(?=\n# about)/, ""),
  );
});

test("inline tables and dotted keys are edited in their own form", () => {
  const inline = 'agents = { ada = { model = "a", cpus = 1 } }\n';
  const dotted = 'agents.ada.model = "a"\nrepo = "x/y"\n';

  expect(setTomlKey(inline, ["agents", "ada", "enabled"], true)).toContain(
    "cpus = 1, enabled = true }",
  );
  expect(removeTomlKey(inline, ["agents", "ada", "model"])).toBe(
    "agents = { ada = { cpus = 1 } }\n",
  );
  expect(removeTomlKey(inline, ["agents", "ada", "cpus"])).toContain('{ model = "a" }');
  expect(setTomlKey(dotted, ["agents", "ada", "cpus"], 2)).toBe(
    'agents.ada.model = "a"\nagents.ada.cpus = 2\nrepo = "x/y"\n',
  );
});

test("a form that cannot be edited is refused, never spoiled", () => {
  expect(() => setTomlKey("agents = 5\n", ["agents", "ada", "cpus"], 2)).toThrow(/cannot edit/);
});

const key = fc.constantFrom("model", "cpus", "with space", "ü");
const bot = fc.constantFrom("ada", "bob", "dev-2");
const value = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.boolean(),
  fc.integer(),
  fc.array(fc.string(), { maxLength: 3 }),
);
const line = fc.constantFrom("", "# note", "\t# indented", "x-y = 1 # one", "ok = '''\na\n'''");

test("any key of any bot can be set and removed, and every other line stays", () => {
  fc.assert(
    fc.property(
      fc.record({
        lines: fc.uniqueArray(line, { maxLength: 4 }),
        bots: fc.uniqueArray(bot),
        newline: fc.constantFrom("\n", "\r\n"),
        wanted: fc.record({ bot, key, value }),
      }),
      ({ lines, bots, newline, wanted }) => {
        const text = [
          ...lines,
          ...bots.flatMap((name) => [`[agents.${name}] # ${name}`, "a = 1"]),
          "",
        ]
          .join("\n")
          .replaceAll("\n", newline);

        const edited = setTomlKey(text, ["agents", wanted.bot, wanted.key], wanted.value);

        const agents = parse(edited).agents as Record<string, Record<string, unknown>>;
        expect(agents[wanted.bot]?.[wanted.key]).toEqual(wanted.value);
        for (const kept of text.split(newline).filter(Boolean))
          expect(edited.split(newline)).toContain(kept);
        const removed = removeTomlKey(edited, ["agents", wanted.bot, wanted.key]);
        if (bots.includes(wanted.bot)) expect(removed).toBe(text);
      },
    ),
  );
});

test("twenty edits of one file at once lose none", async () => {
  const folder = await mkdtemp(join(tmpdir(), "toml-"));
  await mkdir(join(folder, "projects"));
  await writeFile(join(folder, "projects/shop.toml"), project);
  const names = Array.from({ length: 20 }, (_, index) => `bot-${index}`);

  await Promise.all(
    names.map((name) =>
      editTomlFile(folder, "projects/shop.toml", (text) =>
        setTomlKey(text, ["agents", name, "model"], name),
      ),
    ),
  );

  const text = await readFile(join(folder, "projects/shop.toml"), "utf8");
  expect(text.startsWith(project)).toBe(true);
  expect(Object.keys(parse(text).agents as object)).toEqual(expect.arrayContaining(names));
});
