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
