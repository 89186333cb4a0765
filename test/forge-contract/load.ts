/** Writers on one repository that go on until the forge is gone, and remember what it acknowledged. */
import type { Call } from "./test-forge.ts";
import { pushFile, type WorkTree } from "./work-tree.ts";

export interface Desk {
  readonly call: Call;
  readonly tree: WorkTree;
  readonly remote: string;
  /** The repository's path in the API. */
  readonly path: string;
  /** Begins every name that this load makes. */
  readonly prefix: string;
}

interface Acknowledged {
  /** Titles by number. */
  readonly issues: Map<number, string>;
  readonly branches: string[];
  /** Pull requests that were made, with their head. */
  readonly pulls: Map<number, string>;
  readonly merged: number[];
}

export class Load {
  readonly acknowledged: Acknowledged = {
    issues: new Map(),
    branches: [],
    pulls: new Map(),
    merged: [],
  };
  readonly #desk: Desk;
  readonly #firstMerge: Promise<void>;
  #noteMerge: () => void = () => undefined;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#firstMerge = new Promise((resolve) => {
      this.#noteMerge = resolve;
    });
  }

  /** Settles when no writer gets an answer any more. */
  async run(): Promise<void> {
    await Promise.all([
      this.#untilItFails((turn) => this.#openIssue(turn)),
      this.#untilItFails((turn) => this.#pushBranch(turn)),
      this.#untilItFails((turn) => this.#mergePull(turn)),
    ]);
  }

  /** Settles with the first merge: from then on all the writers are at it. */
  async merged(): Promise<void> {
    await this.#firstMerge;
  }

  /** Not a failure of the forge: it was killed. A refusal is one. */
  async #untilItFails(act: (turn: number) => Promise<void>): Promise<void> {
    try {
      for (let turn = 0; ; turn++) await act(turn);
    } catch (error) {
      if (error instanceof Refusal) throw error;
    }
  }

  async #post(below: string, status: number, body: object) {
    const answer = await this.#desk.call("POST", `${this.#desk.path}${below}`, body);
    if (answer.status !== status) throw new Refusal(`${below}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async #openIssue(turn: number): Promise<void> {
    const title = `${this.#desk.prefix}-${turn}`;
    const { number } = await this.#post("/issues", 201, { title });
    this.acknowledged.issues.set(Number(number), title);
  }

  async #pushBranch(turn: number): Promise<void> {
    const { tree, remote, prefix } = this.#desk;
    const branch = `pushed-${prefix}-${turn}`;
    await tree.git("push", "-q", remote, `main:${branch}`);
    this.acknowledged.branches.push(branch);
  }

  async #mergePull(turn: number): Promise<void> {
    const branch = `merged-${this.#desk.prefix}-${turn}`;
    const file = { file: branch, text: "", from: "main", branch };
    const sha = await pushFile(this.#desk.remote, file);
    this.acknowledged.branches.push(branch);
    const pull = { title: branch, head: branch, base: "main" };
    const number = Number((await this.#post("/pulls", 201, pull)).number);
    this.acknowledged.pulls.set(number, sha);
    const how = { Do: "fast-forward-only", head_commit_id: sha };
    await this.#post(`/pulls/${number}/merge`, 200, how);
    this.acknowledged.merged.push(number);
    this.#noteMerge();
  }
}

class Refusal extends Error {}
