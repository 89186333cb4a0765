/** The rules of thumb of AGENTS.md that a machine can check. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";

const checkout = path.join(import.meta.dirname, "..");

async function readSources(
  ...folders: readonly string[]
): Promise<readonly { file: string; text: string }[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(path.join(checkout, folder), {
        recursive: true,
        withFileTypes: true,
      });
      return entries
        .filter((entry) => entry.isFile() && /\.(tsx?|mjs)$/.test(entry.name))
        .map(({ parentPath, name }) => path.relative(checkout, path.join(parentPath, name)));
    }),
  );
  return Promise.all(
    found
      .flat()
      .map(async (file) => ({ file, text: await readFile(path.join(checkout, file), "utf8") })),
  );
}

test("no file is longer than 300 lines", async () => {
  const sources = await readSources("src", "test", "scripts", "demo", "bench");

  expect(
    sources.filter(({ text }) => text.split("\n").length > 301).map(({ file }) => file),
  ).toEqual([]);
});

test("no port has more than 8 methods", async () => {
  const sources = await readSources("src/ports");
  const crowded = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/^export interface (\w+).*\{\n([\s\S]*?)^\}/gm)].flatMap(
      ([, name, body = ""]) => {
        const methods = body.match(/^ {2}\w+(<.*>)?\(/gm)?.length ?? 0;
        return methods > 8 ? [`${file}: ${name} has ${methods}`] : [];
      },
    ),
  );

  expect(crowded).toEqual([]);
});

test("every error code has its entry in docs/errors.md, and no entry is left over", async () => {
  const [errors] = await readSources("src").then((all) =>
    all.filter(({ file }) => file === "src/errors.ts"),
  );
  const union = /export type ErrorCode =([\s\S]*?);/.exec(errors?.text ?? "")?.[1] ?? "";
  const codes = [...union.matchAll(/"([^"]+)"/g)].map(([, code]) => code);
  const documented = await readFile(path.join(checkout, "docs", "errors.md"), "utf8");

  expect([...documented.matchAll(/^\| `([^`]+)` \|/gm)].map(([, code]) => code).sort()).toEqual(
    codes.sort(),
  );
});

test("every dependency has its reason in docs/dependencies.md", async () => {
  const { dependencies, devDependencies } = JSON.parse(
    await readFile(path.join(checkout, "package.json"), "utf8"),
  ) as Record<"dependencies" | "devDependencies", Record<string, string>>;
  const reasons = await readFile(path.join(checkout, "docs", "dependencies.md"), "utf8");
  const names = Object.keys({ ...dependencies, ...devDependencies });

  expect(names.filter((name) => !reasons.includes(`\`${name}\``))).toEqual([]);
});

test("other programs are run by adapters/process.ts alone", async () => {
  const sources = await readSources("src");
  const runs = /["'](?:node:)?child_process["']|["']execa["']/;

  const found = sources.filter(({ file, text }) => !file.endsWith(".test.ts") && runs.test(text));
  expect(found.map(({ file }) => file)).toEqual([path.join("src", "adapters", "process.ts")]);
});

test("what git brings from or to another server has no limit of time but that of its silence", async () => {
  const environment = path.join("src", "adapters", "git", "environment.ts");
  // Whoever builds the environment alone runs git with the limit of a small program.
  const found = (await readSources("src")).filter(
    ({ file, text }) => file !== environment && /\bremoteGitEnvironment\b/.test(text),
  );

  expect(found.map(({ file }) => file)).toEqual([]);
});

test("comments are sentences: none begins with a bare Of, In or Undefined", async () => {
  const sources = [...(await readSources("src")), ...(await readSources("test"))];
  const bare = /(?:\/\*\*|\/\/)\s+(?:\* )?(?:Of|In|Undefined:) .*/g;
  const found = sources.flatMap(({ file, text }) =>
    [...text.matchAll(bare)].map(([comment]) => `${file}: ${comment}`),
  );

  expect(found).toEqual([]);
});

test("names that only older installations use stand in src/older", async () => {
  const older = /["'`]agents-llama["'`]|FORGE_(?:TOKEN|PASS|\$\{\w+\})_LLAMA\b/;
  const found = (await readSources("src")).filter(
    ({ file, text }) => !file.endsWith(".test.ts") && older.test(text),
  );

  expect([...new Set(found.map(({ file }) => path.dirname(file)))]).toEqual([
    path.join("src", "older"),
  ]);
});

test("every folder of src is described in docs/architecture.md", async () => {
  const folders = (await readdir(path.join(checkout, "src"), { withFileTypes: true })).filter(
    (entry) => entry.isDirectory(),
  );
  const architecture = await readFile(path.join(checkout, "docs", "architecture.md"), "utf8");

  expect(
    folders
      .filter(({ name }) => !architecture.includes(`| \`src/${name}/\` |`))
      .map(({ name }) => name),
  ).toEqual([]);
});

test("lint refuses functions of more than 50 lines, outside tests, or 3 parameters", async () => {
  const { linter, overrides: all } = JSON.parse(
    await readFile(path.join(checkout, "biome.json"), "utf8"),
  ) as { linter: { rules: { complexity: unknown } }; overrides: { includes: readonly string[] }[] };
  const overrides = all.filter(({ includes }) => includes.join() !== "**/*.test.ts");

  expect(linter.rules.complexity).toMatchObject({
    noExcessiveLinesPerFunction: { level: "error", options: { maxLines: 50 } },
    useMaxParams: { level: "error", options: { max: 3 } },
  });
  expect(JSON.stringify(overrides)).not.toMatch(/noExcessiveLinesPerFunction|useMaxParams/);
});

test("the two ways through the code in docs/architecture.md name at most 20 files each, all there", async () => {
  const architecture = await readFile(path.join(checkout, "docs", "architecture.md"), "utf8");
  const ways = [...architecture.matchAll(/(?:^\d+\. `src\/.*\n)+/gm)].map(([list]) =>
    [...list.matchAll(/`(.*)`/g)].map(([, file = ""]) => file),
  );
  const sources = new Set((await readSources("src")).map(({ file }) => file));

  expect(ways.map(({ length }) => length <= 20)).toEqual([true, true]);
  expect(ways.flat().filter((file) => !sources.has(file))).toEqual([]);
});

test("each term of docs/words.md has one meaning", async () => {
  const words = await readFile(path.join(checkout, "docs", "words.md"), "utf8");
  const terms = [...words.matchAll(/^\| (?!term |---)([^|]+) \|/gm)].map(([, term]) => term);

  expect(terms.length).toBeGreaterThan(40);
  expect(terms).toEqual([...new Set(terms)]);
});
