/** What a bot knows of a project's issues: one listing and one reading of refs each time, the rest remembered. */

import { APPROVED, type IssueConditions, isTrustedAuthor } from "../../bot/issue/choose.ts";
import { findCycle, parseDependencies } from "../../bot/issue/dependencies.ts";
import { readIssueState } from "../../bot/issue/open-dependencies.ts";
import { pinOf } from "../../bot/issue/trust.ts";
import { ALL_COORDINATION_REFS, parseClaimRef } from "../../bot/leases/refs.ts";
import type { ProjectTools } from "../../bot/tools.ts";
import { findCiLogin } from "../../ci/definitions.ts";
import type { Approval } from "../../core/approval.ts";
import type { Dependency, Issue } from "../../ports/forge.ts";
import type { Refs } from "../../ports/git.ts";
import { postTextHash, readApproval, readTrustedAuthors } from "./approvals.ts";

export interface BacklogSnapshot {
  /** All open issues. */
  readonly open: readonly Issue[];
  readonly refs: Refs;
  readonly leased: ReadonlySet<number>;
}

export interface ObservedBacklog {
  readonly backlog: Backlog;
  readonly snapshot: BacklogSnapshot;
}

const TRUST_KEPT_MS = 5 * 60_000;

type Dependencies = Pick<IssueConditions, "openDependencies" | "missingDependency" | "cycle">;

export class Backlog {
  readonly target: ProjectTools;
  readonly #nowMs: () => number;
  readonly #named = new Map<
    number,
    { readonly updatedAt: string; readonly on: readonly Dependency[] }
  >();
  readonly #approvals = new Map<number, { readonly of: string; readonly approval: Approval }>();
  /** Numbers that were closed when asked; an issue that was opened again is in the listing. */
  readonly #closed = new Set<number>();
  #trusted: { readonly logins: readonly string[]; readonly atMs: number } | undefined;
  #green: string | undefined;

  constructor(target: ProjectTools, nowMs: () => number) {
    this.target = target;
    this.#nowMs = nowMs;
  }

  async observe(): Promise<BacklogSnapshot> {
    const { mirror, issues, project } = this.target;
    const refs = await mirror.readRefs([
      ALL_COORDINATION_REFS,
      `refs/heads/${project.primaryBranch}`,
    ]);
    const claimed = [...refs.keys()].flatMap((ref) => parseClaimRef(ref) ?? []);
    return { refs, leased: new Set(claimed), open: await issues.listOpen() };
  }

  /** The trusted logins for showing who waits; before a claim they are read again. */
  async trusted(): Promise<readonly string[]> {
    const known = this.#trusted;
    if (known && this.#nowMs() - known.atMs < TRUST_KEPT_MS) return known.logins;
    const logins = await readTrustedAuthors(this.target);
    this.#trusted = { logins, atMs: this.#nowMs() };
    return logins;
  }

  /** Its author is trusted, or its text is approved; asked again when anything about the issue has changed. */
  async isTrusted(issue: Issue): Promise<boolean> {
    if (isTrustedAuthor(issue, await this.trusted())) return true;
    return (await this.#approvalOf(issue)) === "approved";
  }

  /** Says which text waits, unless it was said. */
  async askApproval(issue: Issue): Promise<void> {
    if ((await this.#approvalOf(issue)) !== "unsaid") return;
    await postTextHash(this.target, { issue, label: APPROVED });
    this.#approvals.delete(issue.number);
  }

  async #approvalOf(issue: Issue): Promise<Approval> {
    const of = `${issue.updatedAt} ${pinOf(issue)}`;
    const known = this.#approvals.get(issue.number);
    // Times are whole seconds: a label that is there is asked about each time.
    const isFinal = known?.approval === "waiting" && !issue.labels.includes(APPROVED);
    if (known?.of === of && isFinal) return known.approval;
    const approval = await readApproval(this.target, { issue, label: APPROVED });
    this.#approvals.set(issue.number, { of, approval });
    return approval;
  }

  /** What the issue depends on, by the forge's own record or its text, and is not closed. */
  async judgeDependencies(issue: Issue, open: readonly Issue[]): Promise<Dependencies> {
    const numbers = new Set(open.map(({ number }) => number));
    const openDependencies: number[] = [];
    let missingDependency: number | undefined;
    for (const { number, isOpen } of await this.#dependenciesOf(issue)) {
      const state = numbers.has(number) || isOpen ? "open" : await this.#stateOf(number, isOpen);
      if (state === "missing") missingDependency ??= number;
      if (state !== "closed") openDependencies.push(number);
    }
    if (openDependencies.length === 0) return { openDependencies };
    const cycle = findCycle(issue.number, await this.#readEdges(issue, open));
    return { openDependencies, missingDependency, cycle };
  }

  /** What open issues wait for, as far as it can be reached from this one. */
  async #readEdges(
    issue: Issue,
    open: readonly Issue[],
  ): Promise<ReadonlyMap<number, readonly number[]>> {
    const byNumber = new Map(open.map((one) => [one.number, one]));
    const edges = new Map<number, readonly number[]>();
    const reached = [issue];
    for (const at of reached) {
      if (edges.has(at.number)) continue;
      const named = await this.#dependenciesOf(at);
      const on = named.flatMap(({ number, isOpen }) => (isOpen === undefined ? number : []));
      edges.set(at.number, on);
      reached.push(...on.flatMap((number) => byNumber.get(number) ?? []));
    }
    return edges;
  }

  /** Judges the required contexts on the head of the primary branch; green is asked once for each head. */
  async judgePrimary({ refs }: BacklogSnapshot): Promise<PrimaryState> {
    const { project, statuses } = this.target;
    const head = refs.get(`refs/heads/${project.primaryBranch}`);
    const { required } = project.ci;
    if (head === undefined || head === this.#green || required.length === 0)
      return { type: "green" };
    const found = await statuses.of(head, findCiLogin(project.ci));
    const standing = found.filter(({ context }) => required.includes(context));
    const red = standing.filter(({ state }) => state === "failure").map(({ context }) => context);
    if (red.length > 0) {
      const reason = `${project.primaryBranch} is red at ${head.slice(0, 8)}: ${red.join(", ")}`;
      return { type: "red", reason };
    }
    if (standing.filter(({ state }) => state === "success").length < required.length)
      return { type: "undecided" };
    this.#green = head;
    return { type: "green" };
  }

  async #dependenciesOf({ number, body, updatedAt }: Issue): Promise<readonly Dependency[]> {
    const known = this.#named.get(number);
    if (known?.updatedAt === updatedAt) return known.on;
    const recorded = await this.target.dependencies(number);
    const declared = parseDependencies(body).filter((other) => other !== number);
    const on = [...recorded, ...declared.map((other) => ({ number: other }))];
    // Whether an issue of another repository is closed is in no listing of ours, so it is asked each time.
    if (recorded.every(({ isOpen }) => isOpen === undefined))
      this.#named.set(number, { updatedAt, on });
    return on;
  }

  /** `isOpen` is what the forge said of another repository's issue. */
  async #stateOf(number: number, isOpen: boolean | undefined) {
    if (isOpen === false || this.#closed.has(number)) return "closed";
    const state = await readIssueState(this.target.issues, number);
    if (state === "closed") this.#closed.add(number);
    return state;
  }
}

export type PrimaryState =
  | { readonly type: "green" }
  | { readonly type: "red"; readonly reason: string }
  | { readonly type: "undecided" };
