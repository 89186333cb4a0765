/** Writes docs/forge.md from the contract, so that the page says what the tests prove. */
import { chapters } from "./contract.ts";

/** Real servers that the contract was run against, newest run first, and what came of it. */
const ranAgainst: readonly string[] = [
  "Forgejo 7.0.0 (commit 73c190af4c, built without its web assets) on 2026-11-26, in one run: 75 rows agreed; one, which needs Forgejo 8, was not asked",
];

interface Difference {
  readonly what: string;
  readonly why: string;
}

const differences: readonly Difference[] = [
  {
    what: "No organisations, teams, forks, wikis, packages, releases, milestones, webhooks, actions, reactions, attachments, time tracking, SSH, two-factor sign-in.",
    why: "disinto uses none of them; where a shape has a place for one it is empty.",
  },
  {
    what: "No web interface beyond one plain page per issue and pull request, and no OAuth sign-in: an application can be registered, not used.",
    why: "The local factory has its own CI; Woodpecker goes with a real Forgejo.",
  },
  {
    what: "Bodies are JSON only; forms are answered with 422.",
    why: "Every client here sends JSON.",
  },
  {
    what: "Nothing happens behind an answer's back: mergeability, staleness and pull request heads are up to date when an answer is given.",
    why: "Forgejo computes them in queues: for a moment after a push `mergeable` is false and a merge is 405, «Please try again later». Whoever merges waits for that.",
  },
  {
    what: "`refs/pull/*` and `refs/for/*` cannot be pushed.",
    why: "Forgejo takes the first from who can write and opens pull requests by the second; both would be surprises here.",
  },
  {
    what: "`merge_when_checks_succeed`, `manually-merged` and merge message templates are refused or ignored.",
    why: "The factory merges by itself, when it has looked.",
  },
  {
    what: "A status for a commit that the repository has not is 404.",
    why: "Forgejo 10 answers 500; nothing may lean on that.",
  },
  {
    what: "A dependency that exists, or would close a circle, is 422; one that is taken away twice is 404.",
    why: "Forgejo answers 500; a refusal is no failure of the server.",
  },
  {
    what: "Signed commits cannot be required, sizes of repositories are 0, SHA-256 repositories are not made.",
    why: "Not needed, and not pretended.",
  },
  {
    what: "An issue's timeline tells of labels, assignees, titles, closing, merging, bases, branches, dependencies and comments, not of references, pushes, reviews and dates.",
    why: "Nothing here asks for those.",
  },
  {
    what: "A NUL in a text becomes U+FFFD.",
    why: "SQLite's driver would cut the text there.",
  },
];

export function renderDocument(): string {
  return `${[intro(), chapters.map(chapterTable).join("\n"), differenceTable(), running()].join("\n")}`;
}

function intro(): string {
  const count = chapters.reduce((sum, { rows }) => sum + rows.length, 0);
  const versions = ranAgainst.length === 0 ? "never" : ranAgainst.join("; ");
  return `# The forge

disinto talks to Forgejo. For trying, developing and testing it brings a small stand-in, the **embedded forge**
(\`disinto forge serve\`, \`src/forge/\`): the same paths, status codes, headers, shapes, permissions and refusals for the
part of Forgejo that disinto uses, git over HTTP through git's own \`http-backend\`, SQLite, bare repositories in one
folder. It listens on 127.0.0.1 unless told otherwise.

This page is made from the contract in \`test/forge-contract/\`: ${count} promises, each read in Forgejo's source, each
proven on the embedded forge in CI, each with a change that breaks the embedded forge there and must be noticed.
Together they call every route. Every answer that the embedded forge gives in any test, also where the built command line
runs it, is held against Forgejo's published API description: nothing that it lacks, nothing missing that Forgejo sends.

Last run against a real Forgejo: ${versions}.
`;
}

function chapterTable({ title, rows }: (typeof chapters)[number]): string {
  const lines = rows.map(({ says, source, since }) => {
    const from = since === undefined ? "" : ` (since Forgejo ${since})`;
    return `| ${says}${from} | ${source} |`;
  });
  return `## ${title}\n\n| promise | Forgejo's source |\n|---|---|\n${lines.join("\n")}\n`;
}

function differenceTable(): string {
  const lines = differences.map(({ what, why }) => `| ${what} | ${why} |`);
  return `## Where the embedded forge differs on purpose\n\n| difference | why |\n|---|---|\n${lines.join("\n")}\n`;
}

function running(): string {
  return `## Running the contract

    node test/forge-contract/run.mjs                      # on an embedded forge of its own
    node test/forge-contract/run.mjs --url URL --admin-user NAME --admin-password-file FILE
    npx vitest run test/forge-contract/mutations.test.ts

Against a server it makes users and repositories of its own and removes them at the end; any difference is exit code 1.
`;
}
