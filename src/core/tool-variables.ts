/** What a trusted tool (git, docker) is handed of our own environment: an exported variable shadows `.env` in Compose. */
const toolVariables = [
  "PATH",
  "HOME",
  "LANG",
  "TMPDIR",
  "DOCKER_HOST",
  "DOCKER_CERT_PATH",
  "DOCKER_CONFIG",
  "DOCKER_CONTEXT",
  "DOCKER_TLS_VERIFY",
  "XDG_RUNTIME_DIR",
] as const;

type Variables = Readonly<Record<string, string | undefined>>;

export function pickToolVariables(environment: Variables): Readonly<Record<string, string>> {
  const kept = toolVariables.flatMap((key) => {
    const value = environment[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(kept);
}
