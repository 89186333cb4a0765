/** An entry of an issue's timeline as Forgejo tells it (modules/structs/issue_comment.go TimelineComment). */
import * as z from "zod";
import type { TimelineEvent } from "../../ports/forge.ts";

const User = z.object({ login: z.string() });

const Entry = z.object({
  id: z.int(),
  type: z.string(),
  user: User,
  body: z.string(),
  created_at: z.string(),
  /** Null where the label was deleted since. */
  label: z.object({ name: z.string() }).nullish(),
  assignee: User.nullish(),
  removed_assignee: z.boolean(),
  new_title: z.string(),
  new_ref: z.string(),
});
type Entry = z.infer<typeof Entry>;

/** Undefined for what nothing here asks about. */
export const TimelineShape = Entry.transform((entry): TimelineEvent | undefined => {
  const act = acts[entry.type]?.(entry);
  return act && { id: entry.id, author: entry.user.login, at: entry.created_at, ...act };
});

type Act<Event = TimelineEvent> = Event extends TimelineEvent
  ? Omit<Event, "id" | "author" | "at">
  : never;

/** By models/issues/comment.go commentStrings; a label that is put on has the body "1", one taken off has none. */
const acts: Readonly<Record<string, (entry: Entry) => Act>> = {
  comment: ({ body }) => ({ type: "commented", body }),
  label: ({ body, label }) => ({
    type: body === "1" ? "label-added" : "label-removed",
    label: label?.name ?? "",
  }),
  assignees: ({ removed_assignee: removed, assignee }) => ({
    type: removed ? "unassigned" : "assigned",
    login: assignee?.login ?? "",
  }),
  close: () => ({ type: "closed" }),
  reopen: () => ({ type: "reopened" }),
  merge_pull: () => ({ type: "merged" }),
  pull_push: () => ({ type: "pushed" }),
  lock: () => ({ type: "locked" }),
  unlock: () => ({ type: "unlocked" }),
  change_title: ({ new_title }) => ({ type: "retitled", title: new_title }),
  change_target_branch: ({ new_ref }) => ({ type: "retargeted", base: new_ref }),
};
