import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { chooseCi } from "./project-ci.ts";

const named = "FORGE_URL=http://box.lan:3000\nWOODPECKER_HOST=http://box.lan:8000\n";
const forgejo = "DISINTO_FORGE=forgejo\n";

function choose(env: string, asked?: string, projects: Readonly<Record<string, string>> = {}) {
  return chooseCi(makeFactory(env, projects), asked).provider;
}

test("a new project on our Forgejo has Woodpecker, and its statuses count from the factory's account", () => {
  const factory = makeFactory(`${named}${forgejo}DISINTO_NAME=nice\n`);

  expect(chooseCi(factory, undefined)).toEqual({ provider: "woodpecker", login: "nice-ci" });
});

test("disinto's own CI stays for the embedded forge, for a forge elsewhere, without a name, and by choice", () => {
  expect(choose(named)).toBe("local");
  expect(choose(`${named}DISINTO_FORGE=external\n`)).toBe("local");
  expect(choose(forgejo)).toBe("local");
  expect(choose(`${named}${forgejo}`, "local")).toBe("local");
  expect(choose("DISINTO_ENGINE=local\n")).toBe("local");
});

test("a further project has what the others have", () => {
  const other = { other: 'repo = "acme/other"\n' };

  expect(choose(`${named}${forgejo}`, undefined, other)).toBe("local");
  expect(choose(`${named}${forgejo}`, "woodpecker", other)).toBe("woodpecker");
});

test("Woodpecker where it cannot work is refused with the reason", () => {
  expect(() => choose(named, "woodpecker")).toThrow(
    "Woodpecker cannot be the CI here: the forge is disinto's own small forge for trying it out",
  );
  expect(() => choose(forgejo, "woodpecker")).toThrow("http://127.0.0.1:3000 is no name");
  expect(() => choose(named, "drone")).toThrow("there is no CI drone");
});

test("why a new project does not get Woodpecker is told, where somebody might expect it", () => {
  expect(chooseCi(makeFactory(forgejo), undefined).because).toBe(
    "http://127.0.0.1:3000 is no name that browser, services and steps all find",
  );
  expect(chooseCi(makeFactory(forgejo), "local").because).toBeUndefined();
  expect(chooseCi(makeFactory(""), undefined).because).toBeUndefined();
});
