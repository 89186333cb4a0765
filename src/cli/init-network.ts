/** What a new project may reach outside: said by a flag, asked of a person, or left shut. */
import type { OfferedPreset } from "../core/network-presets.ts";
import { networkPresets } from "../core/network-presets.ts";
import { DisintoError } from "../errors.ts";
import type { Questions } from "../ports/questions.ts";
import { hostPattern } from "../settings/project.ts";

const NONE = "none";

/** Names with commas or spaces between them: presets, hosts, or `none`. */
export function readAllowed(flag: string): readonly string[] {
  const names = flag.split(/[\s,]+/).filter((name) => name !== "");
  const [first] = names;
  if (first === NONE && names.length === 1) return [];
  const wrong = first === undefined ? flag : names.find((name) => !hostPattern.test(name));
  if (wrong === undefined) return names;
  throw new DisintoError("usage.invalid", `--allow: ${JSON.stringify(wrong)} is no host`, {
    hint: `name hosts, ${Object.keys(networkPresets).join(", ")}, or ${NONE}`,
  });
}

/** Asks once for all of them: each can be taken out of the project's file. */
export function askAllowed(open: () => Promise<Questions>) {
  return async (offered: readonly OfferedPreset[]): Promise<readonly string[] | undefined> => {
    if (offered.length === 0) return undefined;
    const presets = offered.map(({ preset }) => preset);
    const { choose } = await open();
    const answer = await choose(`${describe(offered)} What may sessions and the CI reach?`, [
      { value: "all", label: presets.join(", "), hint: listHosts(presets) },
      { value: NONE, label: "nothing", hint: "[network] allow in the project's file opens it" },
    ]);
    return answer === NONE ? [] : presets;
  };
}

function describe(offered: readonly OfferedPreset[]): string {
  const files = offered.map(({ file }) => file);
  return `The repository has ${files.join(", ")}.`;
}

function listHosts(presets: readonly string[]): string {
  return presets.flatMap((preset) => networkPresets[preset] ?? []).join(", ");
}
