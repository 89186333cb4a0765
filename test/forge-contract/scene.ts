/** A repository with a developer, a critic and an open pull request; and what they do with it. */
import type { OpenPull, Person, Repository, World } from "./world.ts";

interface Scene {
  readonly repository: Repository;
  readonly dev: Person;
  readonly critic: Person;
  readonly pull: OpenPull;
}

export async function scene(
  world: World,
  rule?: object,
  options: { file?: string; body?: string } = {},
) {
  const repository = await world.repository({ writers: ["dev", "critic"] });
  const [dev, critic] = [await world.person("dev"), await world.person("critic")];
  if (rule) await world.protect(repository, rule);
  // Written by the administrator's hand: the branch is not the protected one.
  const pull = await world.pull(repository, { by: dev, branch: "topic", ...options });
  return { repository, dev, critic, pull } satisfies Scene;
}

export const merge = (by: Person, pull: OpenPull, more: object = {}) =>
  by.call("POST", `${pull.path}/merge`, { Do: "fast-forward-only", ...more });

/** An event, after a colon the words that go with it. */
export const review = (by: Person, pull: OpenPull, verdict: string) => {
  const [event, body = ""] = verdict.split(": ");
  return by.call("POST", `${pull.path}/reviews`, { event, body, commit_id: pull.sha });
};

export function notReady(reason: string) {
  return { status: 405, body: { message: `not allowed to merge [reason: ${reason}]` } };
}
