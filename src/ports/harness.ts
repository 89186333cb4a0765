/** The program that does the coding. What counts is what it leaves in the folder, never what it says. */
export interface Harness {
  run(session: Session): Promise<SessionEnd>;
}

export interface Session {
  /** Working folder; the harness may do anything in it. */
  readonly folder: string;
  readonly prompt: string;
  /** What the harness is told beside the prompt; never a credential of the forge. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Ended after this long without output. */
  readonly silenceMs: number;
  /** For harnesses that count them: turns of the model, and US dollars. */
  readonly turns?: number | undefined;
  readonly money?: number | undefined;
  readonly signal: AbortSignal;
  /** Called whenever the harness shows that it is at work. */
  readonly onOutput?: (() => void) | undefined;
}

export type SessionEnd =
  /** `verdict` is the JSON that it left in the file named by DISINTO_RESULT, if any; not to be trusted. */
  | { readonly type: "finished"; readonly verdict: unknown; readonly output: string }
  | { readonly type: "failed"; readonly reason: string; readonly output: string };
