/** A repository's labels (routers/api/v1/repo/label.go). */
import { Hono } from "hono";
import * as z from "zod";
import type { ForgeContext } from "../forge.ts";
import { invalid, notFound } from "../http/api-error.ts";
import { countHeader, cut, pageOf } from "../http/paging.ts";
import {
  bodyOf,
  type Context,
  type Env,
  enterRepository,
  enterWriter,
  numberParameter,
  required,
  text,
} from "../http/request.ts";
import { labelShape } from "../http/shapes.ts";
import { bit } from "../store/database.ts";
import type { LabelRow, RepositoryRow } from "../store/rows.ts";
import { labelsById } from "./issue-labels.ts";

const path = "/repos/:owner/:repo/labels";

const NewLabel = z.object({
  name: required,
  color: required,
  description: text.default(""),
  exclusive: z.boolean().default(false),
  is_archived: z.boolean().default(false),
});

const LabelChanges = z.object({
  name: text.optional(),
  color: text.optional(),
  description: text.optional(),
  exclusive: z.boolean().optional(),
  is_archived: z.boolean().default(false),
});

export function labelRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(path, (c) => {
    const { repository } = enterRepository(c, forge, "issue");
    const labels = forge.db.all<LabelRow>(
      "SELECT * FROM labels WHERE repository_id = ? ORDER BY name",
      repository.id,
    );
    countHeader(c, labels.length);
    return c.json(cut(labels, pageOf(c)).map((label) => labelShape(forge, repository, label)));
  });
  routes.post(path, async (c) => {
    const { repository } = enterWriter(c, forge, "issue");
    const body = await bodyOf(c, NewLabel);
    const id = forge.db.insert("labels", {
      repository_id: repository.id,
      name: body.name,
      color: normalizeColor(body.color),
      description: body.description,
      exclusive: bit(body.exclusive),
      archived: bit(body.is_archived),
    });
    return c.json(labelShape(forge, repository, getLabel(forge, repository, id)), 201);
  });
  routes.patch(`${path}/:id`, async (c) => {
    const { repository } = enterWriter(c, forge, "issue");
    const label = labelParameter(c, forge, repository);
    const body = await bodyOf(c, LabelChanges);
    forge.db.update("labels", label.id, {
      name: body.name ?? label.name,
      color: body.color === undefined ? label.color : normalizeColor(body.color),
      description: body.description ?? label.description,
      exclusive: body.exclusive === undefined ? label.exclusive : bit(body.exclusive),
      archived: bit(body.is_archived),
    });
    return c.json(labelShape(forge, repository, getLabel(forge, repository, label.id)));
  });
  routes.delete(`${path}/:id`, (c) => {
    const { repository } = enterWriter(c, forge, "issue");
    const id = numberParameter(c, "id");
    forge.db.run("DELETE FROM labels WHERE id = ? AND repository_id = ?", id, repository.id);
    return c.body(null, 204);
  });
  return routes;
}

function getLabel(forge: ForgeContext, repository: RepositoryRow, id: number): LabelRow {
  const [label] = labelsById(forge.db, repository, [id]);
  if (!label) throw notFound();
  return label;
}

/** Finds the label by id, or by name when it is not a number. */
function labelParameter(c: Context, forge: ForgeContext, repository: RepositoryRow): LabelRow {
  const id = numberParameter(c, "id");
  if (id > 0) return getLabel(forge, repository, id);
  const label = forge.db.get<LabelRow>(
    "SELECT * FROM labels WHERE repository_id = ? AND name = ?",
    repository.id,
    c.req.param("id") ?? "",
  );
  if (!label) throw notFound();
  return label;
}

/** modules/label: `00aabb`, `#00aabb` or `#0ab`. */
function normalizeColor(color: string): string {
  const digits = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(color.trim())?.[1]?.toLowerCase();
  if (digits === undefined) throw invalid(`bad color code: ${color}`);
  return `#${digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits}`;
}
