/** What a CI that people sign in to must know of the factory: its account's token, and each project. Pure. */
import { findCiAccount } from "../ci/definitions.ts";
import type { CiRepository, CiTrust } from "../ports/ci-admin.ts";
import type { Hook } from "../ports/forge-admin.ts";
import {
  type KeptSecret,
  listCiSecrets,
  type ProjectSecrets,
  planSecrets,
  type SecretAction,
} from "./ci-secrets.ts";
import type { Factory, RepoId } from "./factory.ts";
import { formatRepo } from "./identities.ts";
import type { Step } from "./step.ts";

export type ActivationAction =
  | { readonly kind: "sign-in"; readonly login: string }
  | { readonly kind: "make-bots-token" }
  | { readonly kind: "activate-repository"; readonly repo: RepoId }
  | { readonly kind: "restrict-repository"; readonly repo: RepoId; readonly id: number }
  | { readonly kind: "repair-webhook"; readonly repo: RepoId; readonly id: number }
  | SecretAction;

export type ActivationStep = Step<ActivationAction>;

/** No network, volume or privilege of the host, no credentials for plugins, and no run of a fork that nobody approved. */
export const safeTrust: CiTrust = { isTrusted: false, credentialPlugins: [], approvesForks: true };

/** A run that takes longer hangs. */
export const TIMEOUT_MINUTES = 60;

export interface DesiredActivation {
  readonly login: string;
  readonly repositories: readonly RepoId[];
  readonly secrets: readonly ProjectSecrets[];
}

export interface ObservedActivation {
  readonly isSignedIn: boolean;
  readonly hasBotsToken: boolean;
  readonly repositories: ReadonlyMap<string, ActiveRepository>;
  /** Digests the value of a variable of `.env`; undefined where it has none. */
  readonly digest: (key: string) => string | undefined;
}

export interface ActiveRepository extends CiRepository {
  /** The forge tells Woodpecker of it. */
  readonly hasWebhook: boolean;
  readonly secrets: readonly KeptSecret[];
}

/** Undefined where no project's CI has an account of the factory. */
export function deriveActivation({ projects, name }: Factory): DesiredActivation | undefined {
  const own = projects.filter(({ ci }) => findCiAccount(ci, name));
  const account = own[0] && findCiAccount(own[0].ci, name);
  return (
    account && {
      login: account.login,
      repositories: own.map(({ repo }) => repo),
      secrets: own.map((project) => ({ repo: project.repo, declared: listCiSecrets(project) })),
    }
  );
}

export function planActivation(
  { login, repositories, secrets }: DesiredActivation,
  seen: ObservedActivation,
): readonly ActivationStep[] {
  const { isSignedIn, hasBotsToken } = seen;
  const because = `Woodpecker does not accept its token, or the forge does not accept Woodpecker`;
  return [
    ...(isSignedIn ? [] : [{ action: { kind: "sign-in", login } as const, because }]),
    ...(hasBotsToken
      ? []
      : [{ action: { kind: "make-bots-token" } as const, because: "it is not in .env" }]),
    ...repositories.flatMap((repo) => [...planRepository(repo, seen)]),
    ...secrets.flatMap((one) => {
      const kept = seen.repositories.get(formatRepo(one.repo))?.secrets ?? [];
      return planSecrets(one, kept, seen.digest);
    }),
  ];
}

function* planRepository(repo: RepoId, seen: ObservedActivation): Generator<ActivationStep> {
  const found = seen.repositories.get(formatRepo(repo));
  if (!found) {
    const because = "Woodpecker does not run it";
    yield { action: { kind: "activate-repository", repo }, because };
    return;
  }
  const { id } = found;
  if (!isSafe(found))
    yield {
      action: { kind: "restrict-repository", repo, id },
      because: "Woodpecker trusts it with more than runs need",
    };
  if (!found.hasWebhook)
    yield {
      action: { kind: "repair-webhook", repo, id },
      because: "the forge has none that tells Woodpecker",
    };
}

/** The one that Woodpecker made, at the address that it says of itself. */
export function findWebhook(hooks: readonly Hook[], ciUrl: string): Hook | undefined {
  return hooks.find(({ url }) => url.startsWith(`${ciUrl}/api/hook?`));
}

function isSafe({ isTrusted, credentialPlugins, approvesForks }: CiTrust): boolean {
  return !isTrusted && credentialPlugins.length === 0 && approvesForks;
}

export function formatActivationStep({ action, because }: ActivationStep): string {
  switch (action.kind) {
    case "sign-in":
      return `+ sign-in of ${action.login} at Woodpecker   ${because}`;
    case "make-bots-token":
      return `+ token of the bots at Woodpecker's gate   ${because}`;
    case "activate-repository":
      return `+ ${formatRepo(action.repo)} at Woodpecker   ${because}`;
    case "repair-webhook":
      return `+ webhook of ${formatRepo(action.repo)} to Woodpecker   ${because}`;
    case "restrict-repository":
      return `~ ${formatRepo(action.repo)} at Woodpecker   ${because}`;
    case "put-secret":
      return `+ secret ${action.secret.name} of ${formatRepo(action.repo)} at Woodpecker (${action.secret.events.join(", ")})   ${because}`;
    case "remove-secret":
      return `- secret ${action.name} of ${formatRepo(action.repo)} at Woodpecker   ${because}`;
  }
}
