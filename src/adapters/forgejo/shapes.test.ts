/** What the client reads of an answer is what Forgejo's published description says is in it. */
import { expect, test } from "vitest";
import type * as z from "zod";
import { sampleOf, whyNotCompared } from "../../../test/forge-contract/description.ts";
import { ApplicationShape, SavedShape } from "./applications.ts";
import {
  CommentShape,
  IssueShape,
  LabelShape,
  Login,
  ProtectionShape,
  PullShape,
  RepositoryShape,
  ReviewShape,
  StatusShape,
  TokenShape,
  UserShape,
} from "./shapes.ts";
import { TimelineShape } from "./timeline-shape.ts";

const described: readonly [definition: string, shape: z.ZodType, words?: object][] = [
  ["User", Login],
  ["User", UserShape],
  ["Issue", IssueShape, { state: "open" }],
  ["Comment", CommentShape],
  ["TimelineComment", TimelineShape, { type: "label" }],
  ["PullRequest", PullShape, { state: "open" }],
  ["PullReview", ReviewShape, { state: "APPROVED" }],
  ["CommitStatus", StatusShape, { status: "success" }],
  ["BranchProtection", ProtectionShape],
  ["AccessToken", TokenShape],
  ["Repository", RepositoryShape],
  ["Label", LabelShape],
  ["OAuth2Application", ApplicationShape],
  ["OAuth2Application", SavedShape],
];

test.skipIf(whyNotCompared !== undefined).each(described)(
  "%s is read as the description has it",
  (definition, shape, words = {}) => {
    const sample = Object(sampleOf(definition)) as object;

    expect(shape.safeParse({ ...sample, ...words }).error?.issues).toBeUndefined();
  },
);
