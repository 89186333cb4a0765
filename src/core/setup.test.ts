import { expect, test } from "vitest";
import { completeAnswers, readFlags } from "./setup.ts";

const freePort = "3000";
const systemUser = "Ada";

test("a new factory with Docker runs Forgejo, and its image is pinned in .env", () => {
  expect(completeAnswers({}, { freePort, systemUser })).toMatchObject({
    DISINTO_ENGINE: "compose",
    DISINTO_FORGE: "forgejo",
    DISINTO_IMAGE_FORGEJO: "codeberg.org/forgejo/forgejo:15.0.3",
  });
});

test("a new factory without Docker runs disinto's own forge, whose image follows disinto's version", () => {
  const answers = completeAnswers({ DISINTO_ENGINE: "local" }, { freePort, systemUser });

  expect(answers).toMatchObject({ DISINTO_FORGE: "embedded" });
  expect(answers).not.toHaveProperty("DISINTO_IMAGE_FORGEJO");
});

test("an address alone means a forge that runs elsewhere, which has no image and no port here", () => {
  const flags = readFlags({ forgeUrl: "https://git.example.org/git" });
  const answers = completeAnswers(flags, { freePort: "3001", systemUser });

  expect(answers).toMatchObject({
    DISINTO_FORGE: "external",
    FORGE_URL: "https://git.example.org/git",
  });
  expect(answers).not.toHaveProperty("DISINTO_IMAGE_FORGEJO");
  expect(answers).not.toHaveProperty("DISINTO_FORGE_PORT");
});

test("a forge of ours that is named keeps its kind whatever its address", () => {
  const given = { ...readFlags({ forge: "forgejo" }), FORGE_URL: "http://box.lan:3000" };

  expect(completeAnswers(given, { freePort, systemUser })).toMatchObject({
    DISINTO_FORGE: "forgejo",
    FORGE_URL: "http://box.lan:3000",
  });
});

test("an image that was named is the one that is written", () => {
  const given = { DISINTO_IMAGE_FORGEJO: "codeberg.org/forgejo/forgejo:11.0.15-rootless" };

  expect(completeAnswers(given, { freePort, systemUser })).toMatchObject(given);
});

test("the person who runs init owns a new factory, unless the name is a bot's, the administrator's or no user name", () => {
  const ownerOf = (user: string, given = {}) =>
    completeAnswers(given, { freePort, systemUser: user }).DISINTO_OWNER;

  expect(ownerOf("Ada")).toBe("ada");
  expect(ownerOf("dev-qwen")).toBe("owner");
  expect(ownerOf("boss", { FORGE_ADMIN_USER: "Boss" })).toBe("owner");
  expect(ownerOf("owner", { LLAMA_BOTS: "owner bob" })).toBe("operator");
  expect(ownerOf("some one$")).toBe("owner");
  expect(ownerOf("ada", { DISINTO_OWNER: "grace" })).toBe("grace");
  expect(ownerOf("ada", { FORGE_URL: "http://git.example.org" })).toBeUndefined();
});

const machine = { name: "box.lan", address: "10.0.0.5" };

test("a new factory with Forgejo gets one name for forge and CI, published where the name leads", () => {
  const gaps = { freePort: "3001", freeCiPort: "8002", machine };

  expect(completeAnswers({}, gaps)).toMatchObject({
    FORGE_URL: "http://box.lan:3001",
    WOODPECKER_HOST: "http://box.lan:8002",
    DISINTO_FORGE_PORT: "3001",
    DISINTO_CI_PORT: "8002",
    DISINTO_BIND: "10.0.0.5",
  });
  const here = { ...gaps, machine: { name: "box", address: "127.0.0.1" } };
  expect(completeAnswers({}, here)).not.toHaveProperty("DISINTO_BIND");
});

test("what was said about addresses stands", () => {
  const given = { DISINTO_FORGE_PORT: "3005", DISINTO_BIND: "127.0.0.1", DISINTO_CI_PORT: "8005" };

  expect(completeAnswers(given, { freePort, machine })).toMatchObject({
    ...given,
    FORGE_URL: "http://box.lan:3005",
    WOODPECKER_HOST: "http://box.lan:8005",
  });
});

test("no name is needed without Woodpecker, and none is made up", () => {
  const named = (given: Readonly<Record<string, string>>, gaps: object = { machine }) =>
    Object.keys(completeAnswers(given, { freePort, ...gaps })).filter((key) =>
      ["FORGE_URL", "WOODPECKER_HOST", "DISINTO_BIND"].includes(key),
    );

  expect(named({ DISINTO_FORGE: "embedded" })).toEqual([]);
  expect(named({ DISINTO_ENGINE: "local" })).toEqual([]);
  expect(named({}, { machine, ci: "local" })).toEqual([]);
  expect(named({}, {})).toEqual([]);
});
