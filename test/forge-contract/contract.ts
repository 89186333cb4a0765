import type { Row } from "./row.ts";
import { gitRows } from "./rows-git.ts";
import { identityRows } from "./rows-identity.ts";
import { mergeRows } from "./rows-merge.ts";
import { pullRows } from "./rows-pulls.ts";
import { repositoryRows } from "./rows-repository.ts";

export const chapters: readonly { readonly title: string; readonly rows: readonly Row[] }[] = [
  { title: "Who one is", rows: identityRows },
  { title: "Repositories and issues", rows: repositoryRows },
  { title: "Pull requests and merging", rows: [...mergeRows, ...pullRows] },
  { title: "git over HTTP", rows: gitRows },
];

export const allRows: readonly Row[] = chapters.flatMap(({ rows }) => rows);
