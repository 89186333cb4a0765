/** Which names a bot may have, and why not. */

/** Names Forgejo keeps for itself, and those that derived names of ours already use. */
const reserved: ReadonlySet<string> = new Set(
  [
    "admin all api assets attachments avatar avatars captcha ci commits debug error explore favicon",
    "forgejo ghost issues llama login metrics milestones new notifications org pulls raw repo",
    "repo-avatars robots search ssh-info stars template user v2",
  ].flatMap((line) => line.split(" ")),
);

/** Undefined when the name is good. */
export function refuseBotName(name: string): { message: string; hint: string } | undefined {
  const hint = "use lower-case letters and digits with single dashes between them, at most 40";
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || name.length > 40) {
    return { message: `${JSON.stringify(name)} is not a valid bot name`, hint };
  }
  if (!reserved.has(name)) return undefined;
  return { message: `${JSON.stringify(name)} is a reserved name`, hint: "choose another name" };
}
