/** A session's transcript as a conversation. */
import type { FC } from "hono/jsx";
import type { ConversationEntry } from "../../core/conversation.ts";
import { describeSession } from "./bots.tsx";

interface SessionFacts {
  readonly bot: string;
  readonly name: string;
  readonly utterances: readonly ConversationEntry[];
  /** Older ones that are left out. */
  readonly left: number;
}

/** Longer ones are opened. */
const MOST_LINES = 14;

export const SessionPage: FC<SessionFacts> = ({ bot, name, utterances, left }) => (
  <>
    <div class="title">
      <h1>
        <a href={`/bots/${bot}`}>{bot}</a> <span class="muted">{describeSession(name)}</span>
      </h1>
    </div>
    {left > 0 && (
      <p class="notice">
        {left} older entries are left out. <a href="?all">Show all</a>
      </p>
    )}
    <ol class="conversation" id="conversation">
      {utterances.map(({ kind, title, text }, at) => (
        <li id={`entry-${left + at}`} class={kind}>
          <span class="who">{title}</span>
          <Body kind={kind} text={text} id={`body-${left + at}`} />
        </li>
      ))}
    </ol>
  </>
);

const Body: FC<{ kind: ConversationEntry["kind"]; text: string; id: string }> = ({
  kind,
  text,
  id,
}) => {
  if (kind === "word" || kind === "note") return <p class="prose">{text}</p>;
  const lines = text.split("\n");
  const shown = kind === "edit" ? <Diff lines={lines} /> : <pre tabindex={0}>{text}</pre>;
  if (lines.length <= MOST_LINES) return shown;
  return (
    <details id={id}>
      <summary>
        <code>{lines.find((line) => line.trim() !== "")?.slice(0, 160) ?? ""}</code>{" "}
        <span class="muted">{lines.length} lines</span>
      </summary>
      {shown}
    </details>
  );
};

const Diff: FC<{ lines: readonly string[] }> = ({ lines }) => (
  <pre class="diff" tabindex={0}>
    {lines.map((line) => (
      <span class={line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : ""}>
        {`${line}\n`}
      </span>
    ))}
  </pre>
);
