/** Secrets of a project that steps of its CI ask for by name: `[ci.secrets]` of its file, values in `.env`. Pure. */
import type { RepoId } from "./factory.ts";
import { deriveSuffix } from "./names.ts";

export interface CiSecret {
  /** As `from_secret` has it. */
  readonly name: string;
  /** Events whose steps get it. */
  readonly events: readonly string[];
}

/** With where the value is kept. */
export interface DeclaredSecret extends CiSecret {
  readonly key: string;
}

interface Declaring {
  readonly name: string;
  readonly ci: {
    readonly secrets?: Readonly<Record<string, readonly string[]>> | undefined;
  };
}

/** Every such variable begins so; project and name are apart by two underscores, which neither has at its ends. */
export const CI_SECRET_PREFIX = "CI_SECRET_";

export function deriveCiSecretKey(project: string, name: string): string {
  return `${CI_SECRET_PREFIX}${deriveSuffix(project)}__${deriveSuffix(name)}`;
}

export function listCiSecrets({ name: project, ci }: Declaring): readonly DeclaredSecret[] {
  return Object.entries(ci.secrets ?? {}).map(([name, events]) => {
    return { name, events, key: deriveCiSecretKey(project, name) };
  });
}

/** One at a CI that keeps secrets itself. */
export interface KeptSecret extends CiSecret {
  /** What whoever made it wrote beside it. */
  readonly note: string;
}

/** Begins the note of each that disinto made, before a digest of its value, which nobody can read back. */
const MARK = "disinto:";

export type SecretAction =
  | {
      readonly kind: "put-secret";
      readonly repo: RepoId;
      readonly secret: DeclaredSecret;
      readonly note: string;
    }
  | { readonly kind: "remove-secret"; readonly repo: RepoId; readonly name: string };

interface SecretStep {
  readonly action: SecretAction;
  readonly because: string;
}

export interface ProjectSecrets {
  readonly repo: RepoId;
  readonly declared: readonly DeclaredSecret[];
}

/** `digest`: of the value of a variable; undefined where `.env` has none, and nothing is done then. */
export function planSecrets(
  { repo, declared }: ProjectSecrets,
  kept: readonly KeptSecret[],
  digest: (key: string) => string | undefined,
): readonly SecretStep[] {
  const put = declared.flatMap((secret): readonly SecretStep[] => {
    const value = digest(secret.key);
    if (value === undefined) return [];
    const note = `${MARK}${value}`;
    const found = kept.find(({ name }) => name === secret.name);
    if (found && found.note === note && isSameSet(found.events, secret.events)) return [];
    const because = found
      ? "its value or its events are others than here"
      : "Woodpecker has none of this name";
    return [{ action: { kind: "put-secret", repo, secret, note }, because }];
  });
  const wanted = new Set(declared.map(({ name }) => name));
  const remove = kept
    .filter(({ name, note }) => note.startsWith(MARK) && !wanted.has(name))
    .map(({ name }): SecretStep => {
      const because = "the project's file names it no more";
      return { action: { kind: "remove-secret", repo, name }, because };
    });
  return [...put, ...remove];
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join() === [...b].sort().join();
}
