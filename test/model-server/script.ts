/** What the scripted model says: which conversation a request belongs to, and which of its answers is due. Pure. */

export interface Script {
  /** The first one that matches answers; a request that matches none, or brings no tools, is told "ok". */
  readonly conversations: readonly Conversation[];
  /** Where set, every request must bring it, as `x-api-key` or as a bearer token. */
  readonly key?: string;
  /** As llama-server says them in `/props` and `/slots`. */
  readonly slots?: number;
  readonly context?: number;
  readonly model?: string;
}

export interface Conversation {
  /** Stands in the first message of the user; absent: every request. */
  readonly match?: string;
  /** Answer n is given to a request that holds n of them already; the last one again after that. */
  readonly answers: readonly Answer[];
}

export interface Answer {
  readonly text?: string;
  readonly acts?: readonly Act[];
  readonly delayMs?: number;
  readonly fault?: Fault;
}

/** What the model has a tool do; written for no particular agent. */
export type Act =
  | { readonly bash: string }
  | { readonly write: { readonly path: string; readonly content: string } }
  | { readonly tool: string; readonly input: Readonly<Record<string, unknown>> };

export type Fault =
  | { readonly type: "status"; readonly status: number; readonly message?: string }
  /** Begins to answer and says no more; the connection stays open. */
  | { readonly type: "stall" }
  /** Begins to answer and drops the connection. */
  | { readonly type: "drop" }
  /** Ends properly before the answer is complete. */
  | { readonly type: "cut" }
  /** An answer with status 200 that is none. */
  | { readonly type: "garbage" }
  | { readonly type: "context" };

/** What stands as an answer in a request; it may be the agent's own filler for one that never came. */
export interface ScriptedAnswer {
  readonly text: string;
  readonly acts: boolean;
}

/** One request, whichever of the two APIs it came by. */
export interface ModelRequest {
  readonly firstUser: string;
  readonly answers: readonly ScriptedAnswer[];
  readonly tools: readonly ToolSpec[];
  /** Everything that reached the model, for what a script must know and for tests. */
  readonly text: string;
}

export interface ToolSpec {
  readonly name: string;
  readonly parameters: readonly string[];
}

export interface ToolCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export function chooseAnswer({ conversations }: Script, asked: ModelRequest): Answer {
  const ok = { text: "ok" };
  if (asked.tools.length === 0) return ok;
  const own = conversations.find(({ match }) => !match || asked.firstUser.includes(match));
  const given = asked.answers.filter((answer) => answer.acts || isOf(own, answer));
  return own?.answers[given.length] ?? own?.answers.at(-1) ?? ok;
}

function isOf(conversation: Conversation | undefined, { text }: ScriptedAnswer): boolean {
  return conversation?.answers.some((answer) => answer.text?.trim() === text.trim()) ?? false;
}

/** Uses the tool names of the agent that asked: `Write` with `file_path`, `write` with `filePath`. */
export function toToolCall(act: Act, { tools, text }: ModelRequest): ToolCall {
  if ("tool" in act) return { name: act.tool, input: act.input };
  if ("bash" in act) {
    const tool = findTool(tools, "bash");
    const described = tool.parameters.includes("description") && { description: "As scripted" };
    return { name: tool.name, input: { command: act.bash, ...described } };
  }
  const tool = findTool(tools, "write");
  const key = tool.parameters.find((name) => /^file_?path$/i.test(name)) ?? "path";
  const file = act.write.path.startsWith("/")
    ? act.write.path
    : `${findFolder(text)}/${act.write.path}`;
  return { name: tool.name, input: { [key]: file, content: act.write.content } };
}

function findTool(tools: readonly ToolSpec[], name: string): ToolSpec {
  const tool = tools.find((one) => one.name.toLowerCase() === name);
  if (!tool) throw new Error(`the agent offers no tool ${name}`);
  return tool;
}

/** Agents say their working folder in what they tell the model. */
function findFolder(text: string): string {
  return /working directory: ([^\s\\]+)/i.exec(text)?.[1] ?? ".";
}

/** Any fixed rule does, as long as the agent is told the same that is counted here. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
