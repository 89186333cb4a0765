import { expect, test } from "vitest";
import { adopt } from "./adoption.ts";
import { parseEnvironment } from "./environment.ts";

function adoptForge(forgejo: { image?: unknown; ports?: unknown }) {
  const adopted = adopt(parseEnvironment(".env", ""), { forgejo });
  return Object.fromEntries(adopted.map(({ key, value }) => [key, value]));
}

test("an older forge keeps its image and its port", () => {
  expect(adoptForge({ image: "codeberg.org/forgejo/forgejo:11.0", ports: ["8030:3000"] })).toEqual({
    DISINTO_FORGE: "forgejo",
    DISINTO_FORGE_PORT: "8030",
    DISINTO_IMAGE_FORGEJO: "codeberg.org/forgejo/forgejo:11.0",
  });
});

test("an older forge image without a tag stays what it was, and says so from now on", () => {
  expect(adoptForge({ image: "host:5000/forgejo" })).toMatchObject({
    DISINTO_IMAGE_FORGEJO: "host:5000/forgejo:latest",
  });
});

function adoptGenerated(env: string, images: Readonly<Record<string, string>>) {
  const adopted = adopt(parseEnvironment(".env", env), {}, new Map(Object.entries(images)));
  return Object.fromEntries(adopted.map(({ key, value }) => [key, value]));
}

test("a factory whose generated file shows Forgejo keeps it and its image without a line in .env", () => {
  expect(adoptGenerated("", { forgejo: "codeberg.org/forgejo/forgejo:11.0" })).toEqual({
    DISINTO_FORGE: "forgejo",
    DISINTO_IMAGE_FORGEJO: "codeberg.org/forgejo/forgejo:11.0",
  });
});

test("a newer default changes no image that a factory runs already", () => {
  const shown = {
    forgejo: "codeberg.org/forgejo/forgejo:11.0",
    woodpecker: "woodpeckerci/woodpecker-server:v3",
    "woodpecker-agent": "woodpeckerci/woodpecker-agent:v3",
    edge: "caddy:2",
  };

  expect(adoptGenerated("DISINTO_FORGE=forgejo\n", shown)).toEqual({
    DISINTO_IMAGE_FORGEJO: "codeberg.org/forgejo/forgejo:11.0",
    DISINTO_IMAGE_WOODPECKER: "woodpeckerci/woodpecker-server:v3",
    DISINTO_IMAGE_WOODPECKER_AGENT: "woodpeckerci/woodpecker-agent:v3",
    DISINTO_IMAGE_EDGE: "caddy:2",
  });
  expect(
    adoptGenerated("DISINTO_FORGE=forgejo\nDISINTO_IMAGE_FORGEJO=a:1\n", shown),
  ).not.toHaveProperty("DISINTO_IMAGE_FORGEJO");
});

test("disinto's own forge follows disinto's version, and a forge elsewhere has no image", () => {
  expect(adoptGenerated("", { forgejo: "disinto-forge:0.0.9" })).toEqual({});
  expect(adoptGenerated("DISINTO_FORGE=embedded\n", { forgejo: "own/forge:1" })).toEqual({});
  expect(adoptGenerated("DISINTO_IMAGE_FORGEJO=own/forge:1\n", { forgejo: "own/forge:1" })).toEqual(
    {},
  );
  expect(adoptGenerated("DISINTO_FORGE=external\n", {})).toEqual({});
});
