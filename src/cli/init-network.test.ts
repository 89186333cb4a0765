import { expect, test } from "vitest";
import type { Choice, Questions } from "../ports/questions.ts";
import { askAllowed, readAllowed } from "./init-network.ts";

const npm = { preset: "npm", file: "package.json" };
const crates = { preset: "crates", file: "Cargo.toml" };

function answering(value: string, shown: unknown[] = []): () => Promise<Questions> {
  const choose = async (question: string, options: readonly Choice[]) => {
    shown.push(question, ...options);
    return value;
  };
  return async () => ({ choose }) as unknown as Questions;
}

test("presets and hosts are read with commas or spaces between them, and none is said by its word", () => {
  expect(readAllowed("npm, pypi registry.example.org:8443")).toEqual([
    "npm",
    "pypi",
    "registry.example.org:8443",
  ]);
  expect(readAllowed("none")).toEqual([]);
});

test.each(["", " , ", "https://registry.example.org", "npm,*", "npm,none/x"])(
  "what is no host is refused before anything is made: %j",
  (flag) => {
    expect(() => readAllowed(flag)).toThrow("--allow");
  },
);

test("a person is asked about what the repository's files speak for, with the hosts", async () => {
  const shown: unknown[] = [];

  expect(await askAllowed(answering("all", shown))([npm, crates])).toEqual(["npm", "crates"]);

  expect(shown).toEqual([
    "The repository has package.json, Cargo.toml. What may sessions and the CI reach?",
    {
      value: "all",
      label: "npm, crates",
      hint: "registry.npmjs.org, index.crates.io, static.crates.io, crates.io",
    },
    { value: "none", label: "nothing", hint: "[network] allow in the project's file opens it" },
  ]);
});

test("who answers nothing allows nothing, and without anything to offer nobody is asked", async () => {
  expect(await askAllowed(answering("none"))([npm])).toEqual([]);

  const unasked = async (): Promise<Questions> => {
    throw new Error("asked");
  };
  expect(await askAllowed(unasked)([])).toBeUndefined();
});
