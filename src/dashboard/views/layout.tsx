/** What stands around every page. No style and no script stands in a page: both are files of ours. */
import type { Child, FC } from "hono/jsx";
import type { Page } from "./parts.tsx";
import { formatClock } from "./text.ts";

const tabs = [
  ["/", "Overview"],
  ["/board", "Board"],
  ["/bots", "Bots"],
  ["/charts", "Charts"],
] as const;

export interface Frame {
  readonly factory: string;
  /** Path of the page in the address bar. */
  readonly path: string;
  /** What the browser holds already, so that it is told of all that comes later. */
  readonly seen: string;
  /** What is listened for. */
  readonly topic?: "factory" | "transcripts" | undefined;
  /** What is not as it should be with the dashboard itself, such as a recording that plays. */
  readonly notice?: string | undefined;
}

export const Layout: FC<{ title: string; frame: Frame; page: Page; children?: Child }> = ({
  title,
  frame,
  page: { now, person },
  children,
}) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <title>{`${title} · ${frame.factory}`}</title>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
      <link rel="stylesheet" href="/assets/dashboard.css" />
      <script type="module" src="/assets/dashboard.js"></script>
      <noscript>
        <meta http-equiv="refresh" content="20" />
      </noscript>
    </head>
    <body
      data-seen={frame.seen}
      data-topic={frame.topic ?? "factory"}
      data-clock={frame.notice ? "own" : undefined}
    >
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header>
        <a class="brand" href="/">
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d="M2 13V7l4 2.5V7l4 2.5V3h4v10z" />
          </svg>
          {frame.factory}
        </a>
        <nav aria-label="Pages">
          {tabs.map(([href, name]) => (
            <a href={href} aria-current={frame.path === href ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <div class="state">
          <span id="live" class="live" role="status">
            <span class="when">as of {formatClock(now.toISOString())}</span>
          </span>
          {person ? (
            <form method="post" action="/logout">
              <input type="hidden" name="key" value={person.formKey} />
              <button type="submit" class="quiet" title={`Signed in as ${person.login}`}>
                Sign out
              </button>
            </form>
          ) : (
            <a class="quiet" href="/login">
              Sign in
            </a>
          )}
        </div>
      </header>
      <main id="main" tabindex={-1}>
        {frame.notice && (
          <p class="notice" id="notice">
            {frame.notice}
          </p>
        )}
        {children}
      </main>
    </body>
  </html>
);
