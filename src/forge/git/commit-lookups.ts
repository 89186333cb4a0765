/**
 * What names stand for: one `git cat-file --batch-check` for each repository in use. Starting a process costs an answer
 * more than all else in it. git reads refs anew for each name, so nothing here can be out of date.
 */
import { type Child, start } from "../../adapters/process.ts";
import { DisintoError } from "../../errors.ts";

const idleMs = 5_000;
const mostAtOnce = 16;
/** git keeps every commit that it has seen: after so many names a new process takes over. */
const mostNames = 200_000;

export interface GitLocation {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

export class CommitLookups {
  readonly #running = new Map<string, Lookup>();

  /** For each name (a full ref or a whole sha, without white space) the sha of its commit, if it has one. */
  async find(place: GitLocation, names: readonly string[]): Promise<(string | undefined)[]> {
    const usable = names.every((name) => /^\S+$/.test(name));
    if (!usable) throw new Error("a name to look up has white space in it");
    return names.length === 0 ? [] : await this.#lookup(place).ask(names);
  }

  /** Before its repository goes. */
  close(path: string): void {
    this.#running.get(path)?.end();
    this.#running.delete(path);
  }

  closeAll(): void {
    for (const path of this.#running.keys()) this.close(path);
  }

  #lookup(place: GitLocation): Lookup {
    const known = this.#running.get(place.path);
    if (known?.usable) return known;
    const [oldest] = this.#running.keys();
    if (oldest !== undefined && this.#running.size >= mostAtOnce) this.close(oldest);
    const lookup = new Lookup(place);
    this.#running.delete(place.path);
    this.#running.set(place.path, lookup);
    return lookup;
  }
}

interface Question {
  readonly count: number;
  readonly answers: (string | undefined)[];
  resolve(answers: (string | undefined)[]): void;
  reject(error: Error): void;
}

class Lookup {
  readonly #child: Child;
  readonly #questions: Question[] = [];
  readonly #idle: NodeJS.Timeout;
  #text = "";
  #asked = 0;
  #ended = false;

  constructor({ path, env }: GitLocation) {
    const argv = ["git", "cat-file", "--batch-check=%(objectname)"] as const;
    this.#child = start(argv, { cwd: path, env });
    this.#child.stderr.resume();
    this.#child.stdin.on("error", () => undefined);
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    void this.#child.then(() => this.#fail());
    this.#idle = setTimeout(() => this.end(), idleMs).unref();
  }

  get usable(): boolean {
    return !this.#ended && this.#asked < mostNames;
  }

  ask(names: readonly string[]): Promise<(string | undefined)[]> {
    this.#asked += names.length;
    this.#idle.refresh();
    return new Promise((resolve, reject) => {
      this.#questions.push({ count: names.length, answers: [], resolve, reject });
      this.#child.stdin.write(names.map((name) => `${name}^{commit}\n`).join(""));
    });
  }

  /** What was asked is still answered. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#idle);
    this.#child.stdin.end();
  }

  #read(text: string): void {
    const lines = (this.#text + text).split("\n");
    this.#text = lines.pop() ?? "";
    for (const line of lines) {
      const [question] = this.#questions;
      if (!question) return;
      question.answers.push(/^[0-9a-f]{40}$/.test(line) ? line : undefined);
      if (question.answers.length === question.count) {
        this.#questions.shift()?.resolve(question.answers);
      }
    }
  }

  #fail(): void {
    this.#ended = true;
    clearTimeout(this.#idle);
    const error = new DisintoError("git.failed", "git cat-file ended before it had answered");
    for (const question of this.#questions.splice(0)) question.reject(error);
  }
}
