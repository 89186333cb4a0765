/** Desired state → the text of the engine's generated file. */
import { renderCompose } from "../core/compose-document.ts";
import type { Desired } from "../core/desired.ts";
import type { EngineName } from "../core/factory.ts";
import { renderLocal } from "../core/local-services.ts";
import { seal } from "./generated-file.ts";

export function render(engine: EngineName, desired: Desired, project: string): string {
  return engine === "local" ? renderLocal(desired) : seal(renderCompose(desired, project));
}
