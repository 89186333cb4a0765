/** Every route of the embedded forge's API, with who may come in: by Forgejo's routers/api/v1/api.go. */

export type Level = "nobody" | "anybody" | "signed" | "read" | "write" | "admin" | "owner" | "site";

export interface Route {
  /** As the embedded forge declares it, below /api/v1. */
  readonly line: string;
  readonly needs: Level;
  readonly scopes: readonly string[];
  /** Fills parameters; the others have their usual values. */
  readonly with?: Readonly<Record<string, string>>;
  /** Changes nothing, and is understood by whoever is let in. */
  readonly body?: object;
  /** What is taken away is made anew for each caller. */
  readonly removes?: "label" | "protection" | "issue-label" | "dependency";
}

const repo = "/repos/:owner/:repo";

function of(
  scope: string,
  needs: Level,
  lines: readonly (string | Omit<Route, "needs" | "scopes">)[],
) {
  return lines.map((one): Route => {
    const { line, ...rest } = typeof one === "string" ? { line: one } : one;
    const [method = "", path = ""] = line.split(" ");
    const level = method === "GET" ? "read" : "write";
    const full = path.startsWith("~") ? path.slice(1) : `${repo}${path}`;
    return {
      line: `${method} ${full}`,
      needs,
      scopes: scope.split(" ").map((name) => `${level}:${name}`),
      ...rest,
    };
  });
}

const rule = { name: "a-rule" };
export const third = { index: 3, owner: "user-owner", repo: "matrix" };
const other = { index: 1, owner: "user-owner", repo: "matrix" };

export const routes: readonly Route[] = [
  ...of("repository", "read", [
    "GET ",
    "GET /branches/*",
    "GET /commits/:ref/status",
    "GET /commits/:ref/statuses",
    "GET /pulls",
    "GET /pulls/:index",
    "GET /pulls/:index/files",
    "GET /pulls/:index/reviews",
    { line: "GET /pulls/:index/reviews/:id/comments", with: { id: "REVIEW" } },
    "GET /assignees",
    "POST /pulls",
    { line: "POST /pulls/:index/reviews", body: { event: "COMMENT", body: "" } },
    { line: "POST /pulls/:index/merge", body: {} },
  ]),
  ...of("repository", "write", ["POST /statuses/:sha", "PATCH /pulls/:index"]),
  ...of("repository", "admin", [
    "PATCH ",
    "GET /branch_protections",
    "POST /branch_protections",
    { line: "GET /branch_protections/:name", with: rule },
    { line: "PATCH /branch_protections/:name", with: rule },
    { line: "DELETE /branch_protections/:name", with: rule, removes: "protection" },
    { line: "PUT /collaborators/:collaborator", body: { permission: "read" } },
    "DELETE /collaborators/:collaborator",
    "GET /collaborators/:collaborator/permission",
    { line: "POST /pulls/:index/reviews/:id/dismissals", with: { id: "REVIEW" } },
  ]),
  ...of("issue", "read", [
    "GET /labels",
    "GET /issues",
    "GET /issues/:index",
    "GET /issues/:index/comments",
    "GET /issues/:index/timeline",
    "GET /issues/:index/dependencies",
    "POST /issues",
    "POST /issues/:index/comments",
  ]),
  ...of("issue", "write", [
    "POST /labels",
    { line: "PATCH /labels/:id", with: { id: "LABEL" } },
    { line: "DELETE /labels/:id", with: { id: "LABEL" }, removes: "label" },
    { line: "PATCH /issues/comments/:id", with: { id: "COMMENT" }, body: { body: "a comment" } },
    "PATCH /issues/:index",
    "POST /issues/:index/labels",
    "DELETE /issues/:index/labels",
    { line: "DELETE /issues/:index/labels/:id", with: { id: "LABEL" }, removes: "issue-label" },
    { line: "POST /issues/:index/dependencies", body: other },
    { line: "DELETE /issues/:index/dependencies", body: third, removes: "dependency" },
  ]),
  ...of("user", "signed", [
    "GET ~/user",
    "GET ~/user/keys",
    "GET ~/user/gpg_keys",
    "GET ~/user/emails",
    "GET ~/user/applications/oauth2",
    "POST ~/user/applications/oauth2",
  ]),
  ...of("user repository", "signed", ["GET ~/user/repos", "POST ~/user/repos"]),
  ...of("user", "anybody", ["GET ~/users/:username"]),
  ...of("user", "site", ["GET ~/users/:username/tokens"]),
  // Only a password makes and removes tokens, and none is among the callers.
  ...of("user", "nobody", [
    { line: "POST ~/users/:username/tokens", body: { name: "more", scopes: ["all"] } },
    "DELETE ~/users/:username/tokens/:id",
  ]),
  // They are another account's.
  ...of(
    "user",
    "nobody",
    ["GET", "PATCH", "DELETE"].map((method) => ({
      line: `${method} ~/user/applications/oauth2/:id`,
      with: { id: "APPLICATION" },
      body: { name: "x", redirect_uris: ["http://127.0.0.1/x"] },
    })),
  ),
  ...of("admin", "site", [
    "GET ~/admin/users",
    "POST ~/admin/users",
    "PATCH ~/admin/users/:username",
    "POST ~/admin/users/:username/repos",
  ]),
];

/** They take away what cannot be made anew between two callers: only those who may not are let try. */
export const onlyRefused: readonly Route[] = [
  ...of("repository", "owner", ["DELETE "]),
  ...of("admin", "site", ["DELETE ~/admin/users/:username"]),
];
