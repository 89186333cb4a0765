/** What one check of `disinto doctor` found. */
export interface Finding {
  readonly subject: string;
  readonly verdict: "good" | "note" | "bad";
  readonly message: string;
  readonly hint?: string | undefined;
}
