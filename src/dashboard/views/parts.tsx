/** The small parts that every page is made of. */
import type { Child, FC } from "hono/jsx";
import type { Problem } from "../../core/problems.ts";
import type { Person } from "../access.ts";
import { formatDuration } from "./text.ts";

/** What every page knows. */
export interface Page {
  readonly now: Date;
  readonly person: Person | undefined;
  /** Acts are offered: this dashboard can do them. */
  readonly canAct: boolean;
}

export const RelativeTime: FC<{ at: string | undefined; now: Date }> = ({ at, now }) => {
  if (at === undefined) return <span class="muted">–</span>;
  const seconds = (now.getTime() - Date.parse(at)) / 1000;
  return (
    <time datetime={at} title={at}>
      {formatDuration(seconds)}
    </time>
  );
};

export const Section: FC<{
  id: string;
  title: string;
  count?: number;
  tone?: string;
  children?: Child;
}> = ({ id, title, count, tone = "", children }) => (
  <section id={id} class="panel" aria-labelledby={`${id}-title`}>
    <h2 id={`${id}-title`}>
      {title}
      {count === undefined ? "" : <span class={`count ${count > 0 ? tone : ""}`}>{count}</span>}
    </h2>
    {children}
  </section>
);

/** The script adds a button that copies; without it the text can be selected. */
const Command: FC<{ text: string }> = ({ text }) => (
  <span class="command">
    <code>{text}</code>
  </span>
);

export const IssueLink: FC<{ project: string; issue: number; children?: Child }> = ({
  project,
  issue,
  children,
}) => (
  <a href={`/issues/${encodeURIComponent(project)}/${issue}`}>
    <span class="number">#{issue}</span> {children}
  </a>
);

/** What a kind of problem means for the factory. */
const meanings: Readonly<Record<Problem["kind"], string>> = {
  breaker: "Nothing that needs it is begun until it is well again; work under way waits.",
  "blocked-issue": "No bot goes on with it until a person has looked; all others go on.",
  budget: "What it limits begins no new session until the next day, or until it is raised.",
  ci: "The pull request waits for a check that will not come by itself.",
  credentials: "This bot can do nothing; what it holds comes free by itself.",
  failing: "It tries again until it works; what it holds stays its own meanwhile.",
  forge: "Bots wait for it and go on where they were; nothing is lost.",
  network: "The session went on without it; the change may lack what it wanted to fetch.",
  paused: "It begins nothing and goes on with nothing until this is taken back.",
  review: "Nobody looks at this pull request again but a person.",
  service: "Its work stands still; what it holds comes free when its lease runs out.",
};

const asked: Readonly<Record<NonNullable<Problem["asks"]>, string>> = {
  answer: "It goes on as soon as you have answered.",
  merge: "It is ready: nobody but you may merge it.",
  review: "It goes on as soon as you have reviewed it.",
};

export const ProblemList: FC<{
  problems: readonly Problem[];
  page: Page;
  empty: string;
  tone: "alarm" | "ask";
}> = ({ problems, page, empty, tone }) =>
  problems.length === 0 ? (
    <p class="empty">{empty}</p>
  ) : (
    <ul class="problems">
      {problems.map((problem) => (
        <li class={tone}>
          <ProblemText problem={problem} />
          <p class="muted">
            {problem.since && (
              <>
                since <RelativeTime at={problem.since} now={page.now} />
                {" · "}
              </>
            )}
            {problem.asks ? asked[problem.asks] : meanings[problem.kind]}
          </p>
          <div class="row">
            {problem.command && <Command text={problem.command} />}
            <ProblemActs problem={problem} page={page} />
          </div>
        </li>
      ))}
    </ul>
  );

const ProblemText: FC<{ problem: Problem }> = ({ problem: { text, about } }) => (
  <p class="what">
    {text}
    {about?.issue !== undefined && (
      <>
        {" "}
        <IssueLink project={about.project} issue={about.issue}>
          open
        </IssueLink>
      </>
    )}
  </p>
);

const ProblemActs: FC<{ problem: Problem; page: Page }> = ({ problem, page }) => {
  const { about, kind, command = "" } = problem;
  if (!page.canAct || about?.issue === undefined || kind !== "blocked-issue") return "";
  const { project, issue } = about;
  return command.startsWith("disinto approve") ? (
    <a class="button" href={`/approve/${encodeURIComponent(project)}/${issue}`}>
      Read and approve
    </a>
  ) : (
    <Act act="retry" page={page} about={{ project, issue: String(issue) }}>
      Retry
    </Act>
  );
};

/** A form of one button; who is not signed in is sent to the page where that is done. */
export const Act: FC<{
  act: string;
  page: Page;
  about: Readonly<Record<string, string>>;
  children?: Child;
}> = ({ act, page: { person, canAct }, about, children }) => {
  if (!canAct) return "";
  if (!person?.token)
    return (
      <a class="button" href="/login">
        {children}…
      </a>
    );
  return (
    <form method="post" action={`/acts/${act}`}>
      <input type="hidden" name="key" value={person.formKey} />
      {Object.entries(about).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <button type="submit">{children}</button>
    </form>
  );
};
