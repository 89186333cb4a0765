/** A command is data: its words, its arguments and flags, and what runs. The types of what runs follow from the flags. */
import type { ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

/** What follows a flag on the command line. */
type FlagKind =
  | "switch"
  | "text"
  | "number"
  /** One word or more. */
  | "words"
  /** A word that may be left out. */
  | "optional-text";

/** `Value` is what the command receives; it exists for the type alone. */
export interface Flag<Value> {
  readonly kind: FlagKind;
  /** A sentence that begins with a verb. */
  readonly summary: string;
  /** What stands for the value in help: "<url>". */
  readonly placeholder?: string;
  readonly short?: string;
  readonly required?: true;
  readonly fallback?: string;
  /** A variable of the shell that stands in for the flag. */
  readonly variable?: string;
  readonly value?: Value;
}

export const flags = {
  switch: (summary: string, more: { short?: string } = {}): Flag<boolean> => {
    return { kind: "switch", summary, ...more };
  },
  text: (placeholder: string, summary: string): Flag<string | undefined> => {
    return { kind: "text", placeholder, summary };
  },
  required: (placeholder: string, summary: string): Flag<string> => {
    return { kind: "text", placeholder, summary, required: true };
  },
  textOr: (
    { fallback, ...rest }: { fallback: string; variable?: string },
    placeholder: string,
    summary: string,
  ): Flag<string> => ({ kind: "text", placeholder, summary, fallback, ...rest }),
  number: (placeholder: string, summary: string): Flag<number | undefined> => {
    return { kind: "number", placeholder, summary };
  },
  numberOr: (fallback: number, placeholder: string, summary: string): Flag<number> => {
    return { kind: "number", placeholder, summary, fallback: String(fallback) };
  },
  words: (placeholder: string, summary: string): Flag<readonly string[] | undefined> => {
    return { kind: "words", placeholder, summary };
  },
  optionalText: (placeholder: string, summary: string): Flag<string | true | undefined> => {
    return { kind: "optional-text", placeholder, summary };
  },
} as const;

/** A word of the command line that has no flag before it; they stand in the order of their keys. */
export interface Argument<Value> {
  readonly kind: "required" | "optional" | "rest";
  readonly summary: string;
  readonly value?: Value;
}

export const args = {
  required: (summary: string): Argument<string> => ({ kind: "required", summary }),
  optional: (summary: string): Argument<string | undefined> => ({ kind: "optional", summary }),
  rest: (summary: string): Argument<readonly string[]> => ({ kind: "rest", summary }),
} as const;

type Declared = Readonly<Record<string, Flag<unknown> | Argument<unknown>>>;
type ValueOf<One> = One extends Flag<infer V> | Argument<infer V> ? V : never;
type Optional<All extends Declared> = {
  [K in keyof All]: undefined extends ValueOf<All[K]> ? K : never;
}[keyof All];

/** What a command receives: what was not given is not there; a switch is always true or false. */
export type Values<All extends Declared> = {
  readonly [K in Exclude<keyof All, Optional<All>>]: ValueOf<All[K]>;
} & {
  readonly [K in Optional<All>]?: Exclude<ValueOf<All[K]>, undefined>;
};

interface Words {
  readonly name: string;
  /** A sentence that begins with a verb and a capital. */
  readonly summary: string;
}

interface CommandSpec<A extends Declared, F extends Declared> extends Words {
  /** A line that works when it is pasted. */
  readonly example: string;
  readonly args?: A;
  readonly flags?: F;
  /** A service runs it, which is handed its secrets: there is no `.env` where it is. */
  readonly isService?: true;
  /** Commands below this one. */
  readonly commands?: readonly Entry[];
  readonly run: (tools: Tools, input: Input & Values<A> & Values<F>) => Promise<ExitCode>;
}

/** What every command receives. */
interface Input {
  /** The factory's. */
  readonly folder: string;
}

export interface Command extends Words {
  readonly kind: "command";
  readonly example: string;
  readonly args: Readonly<Record<string, Argument<unknown>>>;
  readonly flags: Readonly<Record<string, Flag<unknown>>>;
  readonly isService: boolean;
  readonly commands: readonly Entry[];
  readonly run: (
    tools: Tools,
    input: Input & Readonly<Record<string, unknown>>,
  ) => Promise<ExitCode>;
}

/** Commands with one word before them. */
export interface CommandGroup extends Words {
  readonly kind: "group";
  readonly commands: readonly Entry[];
}

export type Entry = Command | CommandGroup;

export function defineCommand<
  A extends Readonly<Record<string, Argument<unknown>>> = Record<never, never>,
  F extends Readonly<Record<string, Flag<unknown>>> = Record<never, never>,
>(spec: CommandSpec<A, F>): Command {
  return {
    kind: "command",
    args: {},
    flags: {},
    isService: false,
    commands: [],
    ...spec,
    run: spec.run as Command["run"],
  } as Command;
}

export function defineGroup(spec: Omit<CommandGroup, "kind">): CommandGroup {
  return { kind: "group", ...spec };
}
