/** What a reviewing session says, in the agreed form or not at all: silence is never an approval. Pure. */
import * as z from "zod";
import { inertText } from "../../core/inert-text.ts";
import type { LineComment, NewReview } from "../../ports/forge.ts";
import type { FileDiff } from "./diff.ts";
import { placeComments } from "./diff.ts";

const Verdict = z.strictObject({
  verdict: z.enum(["approve", "request-changes"]),
  body: z.string(),
  comments: z
    .array(
      z.strictObject({
        path: z.string().min(1),
        line: z.int().positive(),
        body: z.string().min(1),
      }),
    )
    .default([]),
});
export type Verdict = z.infer<typeof Verdict>;

export type Reading =
  | { readonly type: "read"; readonly verdict: Verdict }
  | { readonly type: "unreadable"; readonly reason: string };

export function readVerdict(value: unknown): Reading {
  if (value === undefined)
    return { type: "unreadable", reason: "the file named by DISINTO_RESULT does not contain JSON" };
  const parsed = Verdict.safeParse(value);
  if (!parsed.success) return { type: "unreadable", reason: z.prettifyError(parsed.error) };
  const { verdict, body, comments } = parsed.data;
  if (verdict === "request-changes" && body.trim() === "" && comments.length === 0)
    return { type: "unreadable", reason: "changes are requested but none are described" };
  return { type: "read", verdict: parsed.data };
}

/** Approved only if every part is; what each says stays. */
export function joinVerdicts(verdicts: readonly Verdict[]): Verdict {
  const approved = verdicts.length > 0 && verdicts.every(({ verdict }) => verdict === "approve");
  return {
    verdict: approved ? "approve" : "request-changes",
    body: verdicts
      .map(({ body }) => body.trim())
      .filter((body) => body !== "")
      .join("\n\n"),
    comments: verdicts.flatMap(({ comments }) => comments),
  };
}

const verdicts = { approve: "approved", "request-changes": "changes-requested" } as const;

/** A rejection needs words, or the forge refuses it. */
export function toReview(verdict: Verdict, files: readonly FileDiff[], sha: string): NewReview {
  const { inline, outside } = placeComments(files, verdict.comments);
  const body = [verdict.body.trim(), ...outside.map(formatComment)].filter((part) => part !== "");
  return {
    verdict: verdicts[verdict.verdict],
    sha,
    body: inertText(
      body.join("\n\n") || (verdict.verdict === "approve" ? "" : "See the comments on the lines."),
    ),
    comments: inline.map((one) => ({ ...one, body: inertText(one.body) })),
  };
}

export function formatComment({ path, line, body }: LineComment): string {
  return `\`${path}\` line ${line}: ${body}`;
}
