import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { describeOtherVersion, describeSilence, describeTooOld } from "./forge-version.ts";

const asked = (lines: string) => makeFactory(`LLAMA_BOTS=a\nLLAMA_BASE_URL=http://m:1\n${lines}`);
const forgejo = (tag: string) =>
  asked(`DISINTO_FORGE=forgejo\nDISINTO_IMAGE_FORGEJO=codeberg.org/forgejo/forgejo:${tag}\n`);

test.each([
  ["15.0.3", "15.0.3+gitea-1.22.0"],
  ["15.0.3-rootless", "15.0.3+gitea-1.22.0"],
  ["latest", "15.0.3+gitea-1.22.0"],
])("an image tagged %s is the forge that says %s", (tag, version) => {
  expect(describeOtherVersion(forgejo(tag), version)).toBeUndefined();
});

test("another version than the image's is told with what starts it", () => {
  expect(describeOtherVersion(forgejo("15.0.3-rootless"), "11.0.15+gitea-1.22.0")).toBe(
    "the forge is version 11.0.15, and its image is to be codeberg.org/forgejo/forgejo:15.0.3-rootless (disinto up)",
  );
});

test("one that is not ours, and the embedded one, may have any version from 11 on", () => {
  const external = asked("DISINTO_FORGE=external\nFORGE_URL=https://host\n");

  expect(describeOtherVersion(external, "12.0.0")).toBeUndefined();
  expect(describeOtherVersion(asked(""), "12.0.0")).toBeUndefined();
  expect(describeTooOld("https://host", "11.0.0+gitea-1.22.0")).toBeUndefined();
  expect(describeTooOld("https://host", "10.0.3+gitea-1.22.0")).toContain("needs Forgejo 11");
});

test("a forge of ours that is silent is told with its service, one elsewhere as it is", () => {
  const external = asked("DISINTO_FORGE=external\nFORGE_URL=https://host\n");
  const silence = { reason: "no answer", state: "running" };

  expect(describeSilence(forgejo("15.0.3"), silence)).toMatch(
    /its service is running.*taken its data over/,
  );
  expect(describeSilence(external, { ...silence, state: undefined })).toBe("no answer");
});
