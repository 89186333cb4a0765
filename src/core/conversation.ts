/** A session's transcript as people read it: lines of whatever a harness wrote → thoughts, words, commands, edits, outputs. Pure. */

export interface ConversationEntry {
  readonly kind: "thought" | "word" | "call" | "edit" | "output" | "note";
  /** What was called, or who speaks. */
  readonly title: string;
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Plain lines that follow one another are one output. */
export function readConversation(lines: readonly string[]): readonly ConversationEntry[] {
  const all: ConversationEntry[] = [];
  let plain: string[] = [];
  const settle = () => {
    if (plain.length > 0) all.push({ kind: "output", title: "output", text: plain.join("\n") });
    plain = [];
  };
  for (const line of lines) {
    const event = parseFields(line);
    if (!event) {
      plain.push(line);
      continue;
    }
    settle();
    all.push(...readEvent(event));
  }
  settle();
  return all;
}

/** By its shape: a message with blocks, or one part of a message; what is neither says nothing to people. */
function readEvent(event: Fields): readonly ConversationEntry[] {
  const part = recordOf(event.part);
  if (event.type === "text" && typeof part.text === "string")
    return [say("word", "says", part.text)];
  if (event.type === "reasoning" && typeof part.text === "string")
    return [say("thought", "thinks", part.text)];
  if (event.type === "tool_use" && typeof part.tool === "string") return readToolPart(part);
  if (event.type === "result") return readResult(event);
  if (event.type === "error") return [say("note", "error", showValue(event.error))];
  return blocksOf(recordOf(event.message).content).flatMap(readBlock);
}

function readToolPart({ tool, state }: Fields): readonly ConversationEntry[] {
  const { input, output } = recordOf(state);
  return [
    describeCall(String(tool), recordOf(input)),
    ...(output === undefined ? [] : [say("output", String(tool), showValue(output))]),
  ];
}

function readResult({ result, subtype, is_error }: Fields): readonly ConversationEntry[] {
  const failed = is_error || (subtype !== undefined && subtype !== "success");
  const text = typeof result === "string" ? result : String(subtype ?? "");
  return [say("note", failed ? "failed" : "ended", text)];
}

function readBlock(block: Fields): readonly ConversationEntry[] {
  switch (block.type) {
    case "text":
      return [say("word", "says", String(block.text ?? ""))];
    case "thinking":
      return [say("thought", "thinks", String(block.thinking ?? ""))];
    case "tool_use":
      return [describeCall(String(block.name ?? "tool"), recordOf(block.input))];
    case "tool_result":
      return [say("output", "output", showContent(block.content))];
    default:
      return [];
  }
}

/** A command is shown as it is typed, an edit as lines that go and lines that come. */
function describeCall(name: string, input: Fields): ConversationEntry {
  const { command, description } = input;
  if (typeof command === "string") {
    const title = typeof description === "string" ? `${name}: ${description}` : name;
    return say("call", title, command);
  }
  const file = input.file_path ?? input.filePath ?? input.path;
  const [before, after] = [
    input.old_string ?? input.oldString,
    input.new_string ?? input.newString,
  ];
  const written = input.content;
  if (typeof file === "string" && (typeof after === "string" || typeof written === "string")) {
    const lines = [...mark("-", before), ...mark("+", after ?? written)];
    return say("edit", `${name} ${file}`, lines.join("\n"));
  }
  return say("call", typeof file === "string" ? `${name} ${file}` : name, showValue(input));
}

function mark(sign: string, text: unknown): readonly string[] {
  if (typeof text !== "string" || text === "") return [];
  return text.split("\n").map((line) => `${sign} ${line}`);
}

function say(kind: ConversationEntry["kind"], title: string, text: string): ConversationEntry {
  return { kind, title, text };
}

function showContent(content: unknown): string {
  if (typeof content === "string") return content;
  const texts = blocksOf(content).flatMap(({ text }) => (typeof text === "string" ? [text] : []));
  return texts.length > 0 ? texts.join("\n") : showValue(content);
}

function showValue(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined ? "" : JSON.stringify(value, undefined, 1);
}

function blocksOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}

function recordOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : {};
}

function parseFields(line: string): Fields | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    const fields = recordOf(value);
    return typeof fields.type === "string" ? fields : undefined;
  } catch {
    return undefined;
  }
}
