/** What happened, one JSON line each; names are documented in docs/events.md and stay. */
export interface EventLog {
  append(event: BotEvent): void;
}

export type BotEvent =
  | {
      readonly type: "bot.started";
      readonly roles: readonly string[];
      readonly projects: readonly string[];
    }
  | { readonly type: "bot.stopped" }
  | {
      readonly type: "state.entered";
      readonly at: string;
      readonly project: string;
      readonly issue: number;
      readonly pull?: number;
      readonly reason?: string;
    }
  | { readonly type: "issue.released"; readonly project: string; readonly issue: number }
  | {
      readonly type: "pull.reviewed";
      readonly project: string;
      readonly pull: number;
      readonly sha: string;
      readonly verdict: string;
    }
  | {
      readonly type: "ci.finished";
      readonly project: string;
      readonly sha: string;
      readonly context: string;
      readonly state: string;
    }
  | {
      readonly type: "failure";
      readonly code: string;
      readonly message: string;
      readonly retryInMs: number;
    };
