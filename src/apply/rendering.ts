/** Desired state → the texts of all generated files. */
import { renderCaddyfile } from "../core/caddyfile.ts";
import type { Desired } from "../core/desired.ts";
import { deriveEgressLists, EGRESS_FILE, EGRESS_FOLDER } from "../core/egress-lists.ts";
import type { Factory } from "../core/factory.ts";
import { engines } from "../engines/definitions.ts";
import { documents } from "../engines/documents.ts";
import type { Containers } from "../ports/containers.ts";
import { renderProjects } from "./dashboard.ts";
import { addHeader } from "./generated-file.ts";

export interface Rendering {
  /** The engine's file, for checking before it is written. */
  readonly text: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

export function render(
  factory: Factory,
  desired: Desired,
  { file, project }: Pick<Containers, "file" | "project">,
): Rendering {
  const { render: renderDocument, sealed } = documents[factory.engine];
  const document = renderDocument(desired, project);
  const text = sealed ? addHeader(document) : document;
  const caddyfile = renderCaddyfile(factory);
  const others = [
    ...(caddyfile === undefined ? [] : [{ path: "Caddyfile", text: addHeader(caddyfile) }]),
    ...(engines[factory.engine].runsImages ? [renderEgressLists(factory)] : []),
    ...(factory.dashboard ? [renderProjects(factory)] : []),
  ];
  return { text, files: [...others, { path: file, text }] };
}

function renderEgressLists(factory: Factory) {
  const text = `${JSON.stringify(deriveEgressLists(factory), undefined, 2)}\n`;
  return { path: `${EGRESS_FOLDER}/${EGRESS_FILE}`, text };
}
