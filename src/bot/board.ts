/** What a bot knows of a project's issues: one listing and one reading of refs each time, the rest remembered. */
import { DisintoError } from "../errors.ts";
import type { Issue } from "../ports/forge.ts";
import type { Refs } from "../ports/git.ts";
import { parseDependencies } from "./dependencies.ts";
import { readTrusted } from "./guard.ts";
import { EVERYTHING, parseClaimRef } from "./leases/refs.ts";
import type { ProjectTools } from "./tools.ts";

export interface Sight {
  /** All open issues. */
  readonly open: readonly Issue[];
  readonly refs: Refs;
  readonly leased: ReadonlySet<number>;
}

const TRUST_KEPT_MS = 5 * 60_000;

export class Board {
  readonly target: ProjectTools;
  readonly #nowMs: () => number;
  readonly #named = new Map<number, { readonly updatedAt: string; readonly on: readonly Named[] }>();
  /** Numbers that were closed when asked; an issue that was opened again is in the listing. */
  readonly #closed = new Set<number>();
  #trusted: { readonly logins: readonly string[]; readonly atMs: number } | undefined;
  #green: string | undefined;

  constructor(target: ProjectTools, nowMs: () => number) {
    this.target = target;
    this.#nowMs = nowMs;
  }

  async look(): Promise<Sight> {
    const { mirror, issues, project } = this.target;
    const refs = await mirror.readRefs([EVERYTHING, `refs/heads/${project.primaryBranch}`]);
    const claimed = [...refs.keys()].flatMap((ref) => parseClaimRef(ref) ?? []);
    return { refs, leased: new Set(claimed), open: await issues.listOpen() };
  }

  /** For showing who waits; before a claim it is asked anew. */
  async trusted(): Promise<readonly string[]> {
    const known = this.#trusted;
    if (known && this.#nowMs() - known.atMs < TRUST_KEPT_MS) return known.logins;
    const logins = await readTrusted(this.target);
    this.#trusted = { logins, atMs: this.#nowMs() };
    return logins;
  }

  /** Numbers of what the issue depends on, by the forge's own record or its text, that is not closed. */
  async openDependencies(issue: Issue, open: readonly Issue[]): Promise<readonly number[]> {
    const numbers = new Set(open.map(({ number }) => number));
    const found: number[] = [];
    for (const { number, isOpen } of await this.#dependenciesOf(issue)) {
      if (isOpen ?? (numbers.has(number) || !(await this.#isClosed(number)))) found.push(number);
    }
    return found;
  }

  /** Why the head of the primary branch is red; undefined: it is not, or not yet known to be. */
  async redPrimary({ refs }: Sight): Promise<string | undefined> {
    const { project, statuses } = this.target;
    const head = refs.get(`refs/heads/${project.primaryBranch}`);
    if (head === undefined || head === this.#green || project.ci.required.length === 0)
      return undefined;
    const standing = await statuses.of(head);
    const required = standing.filter(({ context }) => project.ci.required.includes(context));
    const red = required.filter(({ state }) => state === "failure").map(({ context }) => context);
    if (red.length > 0)
      return `${project.primaryBranch} is red at ${head.slice(0, 8)}: ${red.join(", ")}`;
    const decided = required.filter(({ state }) => state === "success").length;
    if (decided === project.ci.required.length) this.#green = head;
    return undefined;
  }

  async #dependenciesOf({ number, body, updatedAt }: Issue): Promise<readonly Named[]> {
    const known = this.#named.get(number);
    if (known?.updatedAt === updatedAt) return known.on;
    const recorded = await this.target.dependencies(number);
    const said = parseDependencies(body).filter((other) => other !== number);
    const on = [...recorded, ...said.map((other) => ({ number: other }))];
    // Whether an issue of another repository is closed is in no listing of ours, so it is asked each time.
    if (recorded.every(({ isOpen }) => isOpen === undefined))
      this.#named.set(number, { updatedAt, on });
    return on;
  }

  async #isClosed(number: number): Promise<boolean> {
    if (this.#closed.has(number)) return true;
    const closed = await this.#askClosed(number);
    if (closed) this.#closed.add(number);
    return closed;
  }

  /** What does not exist is not closed either: somebody has to mend the text. */
  async #askClosed(number: number): Promise<boolean> {
    try {
      return (await this.target.issues.get(number)).state === "closed";
    } catch (error) {
      if (error instanceof DisintoError && error.code === "forge.not-found") return false;
      throw error;
    }
  }
}

interface Named {
  readonly number: number;
  /** Said for another repository's issue only. */
  readonly isOpen?: boolean;
}
