import type { Row } from "./row.ts";
import { contentRows } from "./rows-contents.ts";
import { edgeRows } from "./rows-edges.ts";
import { gitRows } from "./rows-git.ts";
import { identityRows } from "./rows-identity.ts";
import { issueRows } from "./rows-issues.ts";
import { mergeRows } from "./rows-merge.ts";
import { pullRows } from "./rows-pulls.ts";
import { repositoryRows } from "./rows-repository.ts";
import { reviewRows } from "./rows-reviews.ts";
import { timelineRows } from "./rows-timeline.ts";

export const chapters: readonly { readonly title: string; readonly rows: readonly Row[] }[] = [
  { title: "Who one is", rows: identityRows },
  {
    title: "Repositories and issues",
    rows: [...repositoryRows, ...issueRows, ...timelineRows, ...contentRows],
  },
  { title: "Pull requests and merging", rows: [...mergeRows, ...pullRows, ...reviewRows] },
  { title: "What is cut, left out and lacking", rows: edgeRows },
  { title: "git over HTTP", rows: gitRows },
];

export const allRows: readonly Row[] = chapters.flatMap(({ rows }) => rows);
