import type { BackendFault } from "./harness.ts";

/** A model's server, as far as bots ask it anything themselves. */
export interface ModelServer {
  /** Sessions that it serves at once; undefined: nobody says, and then nobody waits for one. */
  countSlots(): Promise<number | undefined>;
  /** Whether it works, by one small request. */
  prove(signal: AbortSignal): Promise<Proof>;
}

export type Proof =
  | {
      readonly works: true;
      /** A call of the tool that was offered came back. */
      readonly callsTool: boolean;
      /** At which the prompt was read. */
      readonly tokensPerSecond: number | undefined;
    }
  | { readonly works: false; readonly fault: BackendFault; readonly reason: string };

/** How a model is asked for. */
export interface ModelQuestion {
  readonly baseUrl: string;
  readonly key: string | undefined;
  readonly model: string;
  readonly api: ModelApi;
}

/** Anthropic's Messages, or OpenAI's chat completions. */
export type ModelApi = "messages" | "completions";

/** What a look at a model's server shows from where it is taken; without facts, nothing answered. */
export interface ModelReport {
  readonly facts: ServerFacts | undefined;
  readonly proof: Proof;
}

/** What a server says of itself; undefined where it does not. */
export interface ServerFacts {
  readonly kind: "llama-server" | "router" | "other";
  readonly slots: number | undefined;
  /** Tokens, of one slot. */
  readonly context: number | undefined;
  /** Names of the models that it serves. */
  readonly models: readonly string[];
}

/** A model's server that runs on this machine. */
export interface FoundModel {
  /** The name of the program that usually listens there. */
  readonly name: string;
  readonly port: number;
  readonly facts: ServerFacts;
}
