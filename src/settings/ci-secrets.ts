/** `[ci.secrets]` of a project's file: names, and the events whose steps get them. The values are in `.env`. */
import * as z from "zod/mini";

const secretName = z
  .string()
  .check(
    z.regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/i, "must be letters, digits and single underscores"),
  );

/** A pull request's steps are whatever the change says, so it is among them only where somebody writes it. */
const secretEvents = z.enum([
  "push",
  "pull_request",
  "pull_request_closed",
  "tag",
  "release",
  "deployment",
  "cron",
  "manual",
]);

export const CiSecretsSection = z
  .record(
    secretName,
    z.array(secretEvents).check(
      z.minLength(1, "must name an event"),
      z.refine((all) => new Set(all).size === all.length, {
        message: "contains an entry twice",
        params: { hint: "name each once" },
      }),
    ),
  )
  .check(
    z.describe(
      "Secrets that steps ask for by from_secret, each with the events whose steps get it; the values: disinto secrets set NAME --project PROJECT",
    ),
  );
