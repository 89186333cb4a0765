/** Signing in, filing an issue, approving a text; and what is said where something cannot be done. */
import type { FC } from "hono/jsx";
import type { Person } from "../access.ts";

interface SignInFacts {
  readonly failure?: string | undefined;
  readonly person: Person | undefined;
  /** Whether tokens of the forge are taken. */
  readonly takesTokens: boolean;
}

export const SignIn: FC<SignInFacts> = ({ failure, person, takesTokens }) => (
  <div class="narrow">
    <h1>Sign in</h1>
    {failure && (
      <p class="notice alarm" role="alert">
        {failure}
      </p>
    )}
    {person && !person.token && (
      <p class="notice">You may read everything. To act, sign in as somebody of the forge.</p>
    )}
    <section class="panel" id="by-link" aria-labelledby="by-link-title">
      <h2 id="by-link-title">With a link</h2>
      <p>On the factory's machine, in its folder, run this; it prints a link that works once.</p>
      <p>
        <span class="command">
          <code>disinto dashboard</code>
        </span>
      </p>
    </section>
    {takesTokens && (
      <section class="panel" id="by-token" aria-labelledby="by-token-title">
        <h2 id="by-token-title">With a token of the forge</h2>
        <p>
          What you do here is done there in your name. The token needs the scopes read:user,
          write:issue and write:repository.
        </p>
        <form method="post" action="/login" class="stack">
          <label for="token">Token</label>
          <input id="token" name="token" type="password" autocomplete="off" required />
          <button type="submit">Sign in</button>
        </form>
      </section>
    )}
  </div>
);

/** A link is followed by mail scanners and previews too; only a person presses the button. */
export const RedeemLink: FC<{ code: string }> = ({ code }) => (
  <div class="narrow">
    <h1>Sign in</h1>
    <form method="post" action="/login/link" class="stack">
      <input type="hidden" name="code" value={code} />
      <button type="submit">Sign in to this factory</button>
    </form>
  </div>
);

export const NewIssue: FC<{ projects: readonly string[]; person: Person }> = ({
  projects,
  person,
}) => (
  <div class="narrow">
    <h1>File an issue</h1>
    <form method="post" action="/acts/file" class="stack panel" id="new-issue">
      <input type="hidden" name="key" value={person.formKey} />
      <label for="project">Project</label>
      <select id="project" name="project">
        {projects.map((name) => (
          <option value={name}>{name}</option>
        ))}
      </select>
      <label for="title">Title</label>
      <input id="title" name="title" required maxlength={250} />
      <label for="text">What is to be done, and how one sees that it is</label>
      <textarea id="text" name="text" rows={12}></textarea>
      <label class="check">
        <input type="checkbox" name="backlog" value="yes" checked /> Bots may take it
      </label>
      <button type="submit">File it</button>
    </form>
  </div>
);

interface ApproveFacts {
  readonly project: string;
  readonly issue: number;
  readonly title: string;
  readonly author: string;
  readonly body: string;
  readonly hidden: number;
  /** Digest of the text as it is shown. */
  readonly pin: string;
  readonly person: Person;
}

export const Approve: FC<ApproveFacts> = (facts) => (
  <div class="narrow">
    <h1>
      <span class="number">
        {facts.project} #{facts.issue}
      </span>{" "}
      {facts.title}
    </h1>
    <section class="panel" id="text" aria-label="The issue's text">
      <p class="muted">written by {facts.author}</p>
      <pre class="prose" tabindex={0}>
        {facts.body}
      </pre>
      {facts.hidden > 0 && (
        <p class="notice">{facts.hidden} characters that nobody sees are left out.</p>
      )}
    </section>
    <form method="post" action="/acts/approve" class="stack">
      <input type="hidden" name="key" value={facts.person.formKey} />
      <input type="hidden" name="project" value={facts.project} />
      <input type="hidden" name="issue" value={String(facts.issue)} />
      <input type="hidden" name="pin" value={facts.pin} />
      <button type="submit">Bots may do what this text asks for</button>
    </form>
  </div>
);

export const Message: FC<{
  title: string;
  text: string;
  hint?: string | undefined;
  back?: string;
}> = ({ title, text, hint, back = "/" }) => (
  <div class="narrow">
    <h1>{title}</h1>
    <p class="notice" role="status">
      {text}
    </p>
    {hint && <p class="muted">{hint}</p>}
    <p>
      <a href={back}>Go on</a>
    </p>
  </div>
);
