/** Credentials by their variable's name, kept in `.env`; never printed. */
import { setEnvironment } from "./env-file.ts";
import { isSecretKey } from "./secret-keys.ts";

export interface SecretStore {
  /** An empty value is none. */
  get(key: string): string | undefined;
  set(values: Readonly<Record<string, string>>): Promise<void>;
}

/** Tells the redactor. */
export type LearnSecrets = (
  secrets: Iterable<readonly [name: string, value: string | undefined]>,
) => void;

/** `known` is what `.env` held when it was read; what is set afterwards is known too. */
export function openSecrets(
  folder: string,
  known: ReadonlyMap<string, string>,
  learn: LearnSecrets,
): SecretStore {
  const values = new Map(known);
  return {
    get: (key) => values.get(key) || undefined,
    set: async (changes) => {
      learn(Object.entries(changes).filter(([key]) => isSecretKey(key)));
      await setEnvironment(folder, changes);
      for (const [key, value] of Object.entries(changes)) values.set(key, value);
    },
  };
}
