/** Writes docs/forge.md from the contract, so that the page says what the tests prove. */
import { chapters } from "./contract.ts";

/** Real servers that the contract was run against, newest run first, and what came of it. */
const ranAgainst: readonly string[] = ["Forgejo 11.0.15 and 15.0.3 on 2026-11-28"];

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
    what: "A commit status in a state that Forgejo does not know is 422.",
    why: "Forgejo stores whatever it is given, 201; nothing here sends one, and one that is read counts as a failure.",
  },
  {
    what: "Nobody can be asked for a review.",
    why: "disinto asks nobody. Forgejo refuses the author and who cannot read with 422, an absent person with 404.",
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
  return `${[intro(), chapters.map(chapterTable).join("\n"), differenceTable(), versionTable(), running()].join("\n")}`;
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

/** Measured on 2026-11-27, on 11.0.15 and 15.0.3; the embedded forge does what 11 does. */
const byVersion: readonly (readonly [asked: string, v11: string, v15: string, here: string])[] = [
  [
    "a pull request of a head that does not exist",
    "500, no words",
    "404",
    "opened only after the push of the head was read back; both are failures of that request",
  ],
  ["a status for a commit that does not exist", "500, no words", "404", "the same"],
  ["a file replaced by who names a wrong blob", "422", "409", "not asked for: files are pushed"],
  [
    "a merge of a head that is behind, just after the base moved",
    "409 PushRejected, then 405",
    "the same, or merged by another style than fast-forward",
    "merges by fast-forward only; the reason within decides, and whether the base moved is read from the base",
  ],
  [
    "an update by rebase, just after the base moved",
    "done",
    "200, and nothing is done",
    "not asked for: bots rebase themselves and push",
  ],
  [
    "what an operator's own hook refuses",
    "409 PushRejected with its words",
    "the same",
    "a refusal with these words, not waited for as a base that moved",
  ],
  [
    "words of a failure 500",
    "to site administrators only",
    "the same",
    "classed by status and route, never by its words alone",
  ],
];

function versionTable(): string {
  const lines = byVersion.map((row) => `| ${row.join(" | ")} |`);
  return `## What differs by version, or surprises

Measured on Forgejo 11.0.15 and 15.0.3 on 2026-11-27; the embedded forge does what 11 does.

| asked | 11 | 15 | what disinto does |
|---|---|---|---|
${lines.join("\n")}
`;
}

function running(): string {
  return `## Running the contract

    node test/forge-contract/run.mjs                      # on an embedded forge of its own
    node test/forge-contract/run.mjs --url URL --admin-user NAME --admin-password-file FILE
    npx vitest run test/forge-contract/mutations.test.ts

Against a server it makes users and repositories of its own and removes them at the end; any difference is exit code 1.
`;
}
