import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { describeSilence, describeTooOld } from "./forge-version.ts";

const asked = (lines: string) => makeFactory(`LLAMA_BOTS=a\nLLAMA_BASE_URL=http://m:1\n${lines}`);
const forgejo = (tag: string) =>
  asked(`DISINTO_FORGE=forgejo\nDISINTO_IMAGE_FORGEJO=codeberg.org/forgejo/forgejo:${tag}\n`);

test("a forge may have any version from 11 on", () => {
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
