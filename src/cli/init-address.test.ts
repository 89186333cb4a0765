import { expect, test } from "vitest";
import type { Questions } from "../ports/questions.ts";
import { askCi } from "./init-address.ts";

/** Answers in turn, and keeps what was asked. */
function makeQuestions(...answers: readonly string[]) {
  const left = [...answers];
  const asked: string[] = [];
  const refused: (string | undefined)[] = [];
  const questions: Questions = {
    choose: async (question, options) => {
      asked.push(`${question} ${options.map(({ value }) => value).join("|")}`);
      return left.shift() ?? "";
    },
    text: async ({ question, validate }) => {
      asked.push(question);
      refused.push(...["127.0.0.1", "localhost", "My Box"].map((name) => validate?.(name)));
      return left.shift() ?? "";
    },
    secret: async () => "",
  };
  return { asked, questions, refused };
}

const forgejo = { DISINTO_FORGE: "forgejo" };

test("with Forgejo a person is asked for the CI, and for Woodpecker under which name everything finds this machine", async () => {
  const { asked, questions, refused } = makeQuestions("woodpecker", "box.lan");

  expect(await askCi(questions, forgejo, undefined)).toEqual({
    ci: "woodpecker",
    machine: "box.lan",
  });
  expect(asked).toEqual([
    "What shall run the project's checks? woodpecker|local",
    "Under which name do browsers and containers find this machine?",
  ]);
  expect(refused.every((reason) => reason !== undefined)).toBe(true);
});

test("nothing is asked that was said, or that the forge cannot serve", async () => {
  const silent = makeQuestions();

  expect(await askCi(silent.questions, { DISINTO_FORGE: "embedded" }, undefined)).toEqual({});
  expect(await askCi(silent.questions, forgejo, "local")).toEqual({ ci: "local" });
  const named = { ...forgejo, FORGE_URL: "http://box.lan:3000" };
  expect(await askCi(silent.questions, named, "woodpecker")).toEqual({ ci: "woodpecker" });
  expect(silent.asked).toEqual([]);
});
