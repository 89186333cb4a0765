/** What each engine reads, as text. Pure; apart from the definitions, because few commands render. */
import type { Desired } from "../core/desired.ts";
import { renderCompose } from "./compose/document.ts";
import type { EngineName } from "./definitions.ts";
import { renderLocal } from "./local/document.ts";

export interface EngineDocument {
  readonly render: (desired: Desired, project: string) => string;
  /** Takes comments, so that it carries its own checksum. */
  readonly sealed: boolean;
}

export const documents: Readonly<Record<EngineName, EngineDocument>> = {
  compose: { render: renderCompose, sealed: true },
  local: { render: renderLocal, sealed: false },
};
