/** The steps that make one repository what it should be: its labels, who may do what there, the rules of its branch. Pure. */
import type { Access, Protection } from "../ports/forge-admin.ts";
import type { RepoId } from "./factory.ts";
import type { DesiredRepository, IdentityStep, ObservedRepository } from "./identities.ts";
import { joinLogins } from "./names.ts";

const nothing: ObservedRepository = {
  empty: true,
  access: new Map(),
  labels: [],
  protection: undefined,
};

export function* planRepository(
  repository: DesiredRepository,
  seen: ObservedRepository | undefined,
  canFill: boolean,
): Generator<IdentityStep> {
  const { repo, protection } = repository;
  const { empty, access, labels: present, protection: rules } = seen ?? nothing;
  if (!seen)
    yield { action: { kind: "create-repository", repository }, because: "no such repository" };
  yield* planAccess(repository, access);
  for (const label of repository.labels) {
    if (!present.includes(label.name))
      yield { action: { kind: "create-label", repo, label }, because: "no such label" };
  }
  if (!protection) return;
  const isFilled = empty && canFill;
  const atFirstPush = isFilled ? withoutPaths(rules) : rules;
  if (atFirstPush && atFirstPush !== rules) {
    const because = "its protected paths would refuse the first push";
    yield { action: { kind: "protect-branch", repo, protection: atFirstPush }, because };
  }
  if (isFilled) yield { action: { kind: "fill-repository", repository }, because: "it is empty" };
  yield* planProtection(repo, keepInsiders(protection, repository, seen), atFirstPush);
}

/** A push that touches protected paths is refused whoever pushes, and the first one brings every file. */
function withoutPaths(rules: Protection | undefined): Protection | undefined {
  return rules && rules.protectedPaths.length > 0 ? { ...rules, protectedPaths: [] } : rules;
}

function* planAccess(
  { repo, writers, people, administrators = [], readers = [] }: DesiredRepository,
  seen: ReadonlyMap<string, Access>,
): Generator<IdentityStep> {
  for (const login of writers) {
    const because = judgeAccess(login, seen.get(login));
    if (because) yield { action: { kind: "grant-access", repo, login, access: "write" }, because };
  }
  const grants = [
    { logins: people, access: "write", lacks: "has no write access" },
    { logins: administrators, access: "admin", lacks: "cannot make webhooks there" },
    { logins: readers, access: "read", lacks: "cannot see it" },
  ] as const;
  for (const { logins, access, lacks } of grants) {
    for (const login of logins.filter((one) => isLess(seen.get(one), access)))
      yield { action: { kind: "grant-access", repo, login, access }, because: `${login} ${lacks}` };
  }
}

const levels: readonly Access[] = ["none", "read", "write", "admin", "owner"];

function isLess(seen: Access = "none", wanted: Access): boolean {
  return levels.indexOf(seen) < levels.indexOf(wanted);
}

/** A forge leaves the names of others out without a word, and they would be planned again for ever. */
function keepInsiders(
  wanted: Protection,
  { writers, administrators = [], people, accounts }: DesiredRepository,
  seen: ObservedRepository | undefined,
): Protection {
  const { insiders, peopleWhoAdminister = [] } = seen ?? {};
  const barred = new Set(accounts.map((login) => login.toLowerCase()));
  const pushers = joinLogins(peopleWhoAdminister, wanted.pushers).filter(
    (login) => !barred.has(login.toLowerCase()),
  );
  if (!insiders) return { ...wanted, pushers };
  const granted = [...writers, ...administrators, ...people].map((login) => login.toLowerCase());
  const known = new Set([...insiders, ...granted]);
  const keep = (logins: readonly string[]) =>
    logins.filter((login) => known.has(login.toLowerCase()));
  const { approvers, mergers } = wanted;
  return {
    ...wanted,
    approvers: keep(approvers),
    mergers: keep(mergers),
    pushers: keep(pushers),
  };
}

function* planProtection(
  repo: RepoId,
  wanted: Protection,
  rules: Protection | undefined,
): Generator<IdentityStep> {
  if (isProtected(wanted, rules)) return;
  const because = rules ? "the rules differ" : "the branch is not protected";
  yield { action: { kind: "protect-branch", repo, protection: wanted }, because };
}

/** Undefined when it is right: less cannot work, and more could lift the rules. */
function judgeAccess(login: string, access: Access | undefined): string | undefined {
  if (access === "write" || access === "owner") return undefined;
  return access === "admin" ? `${login} administers it` : `${login} has no write access`;
}

function isProtected(wanted: Protection, rules: Protection | undefined): boolean {
  if (!rules) return false;
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
  const lower = (logins: readonly string[]) => logins.map((login) => login.toLowerCase());
  const sameLogins = (a: readonly string[], b: readonly string[]) => same(lower(a), lower(b));
  return (
    rules.requiredApprovals === wanted.requiredApprovals &&
    sameLogins(rules.approvers, wanted.approvers) &&
    sameLogins(rules.mergers, wanted.mergers) &&
    sameLogins(rules.pushers, wanted.pushers) &&
    same(rules.requiredContexts, wanted.requiredContexts) &&
    same(rules.protectedPaths, wanted.protectedPaths)
  );
}
