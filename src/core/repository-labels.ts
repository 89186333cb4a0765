/** Labels that every project's repository has. */
import type { Label } from "../ports/forge-admin.ts";

/** On an issue that bots may take. */
const BACKLOG = "backlog";

export const repositoryLabels: readonly Label[] = [
  { name: BACKLOG, color: "#1d76db", description: "Bots may take this issue" },
  { name: "priority", color: "#d93f0b", description: "Taken before the rest of the backlog" },
  { name: "in-progress", color: "#fbca04", description: "A bot holds the lease on this issue" },
  {
    name: "disinto/approved",
    color: "#0e8a16",
    description: "Bots may take this issue, whoever wrote it",
  },
  {
    name: "disinto/protected-paths",
    color: "#5319e7",
    description: "A bot may change protected paths for this issue; a person merges it",
  },
  {
    name: "blocked",
    color: "#b60205",
    description: "A bot stopped here; the last comment says why",
  },
];
