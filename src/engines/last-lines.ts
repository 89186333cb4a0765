const lines = 8;

/** The end of what a program wrote on both streams, for people. */
export function takeLastLines({ stdout, stderr }: { stdout: string; stderr: string }): string {
  return `${stdout}\n${stderr}`.trim().split("\n").slice(-lines).join("\n");
}
