/** The lease code itself under every interleaving that fast-check thinks of; the world is test/support/lease-world.ts. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Omission, Process, World } from "../../../test/support/lease-world.ts";
import { DisintoError } from "../../errors.ts";
import type { Swap } from "../../ports/git.ts";
import type { Claim } from "./claim.ts";
import { Claims } from "./claims.ts";
import { deriveMaxGap, Observations } from "./expiry.ts";
import { deriveClaimRef } from "./refs.ts";

const termMs = 900_000;
const pollIntervalMs = 10_000;
const maxDelayMs = 8_000;
const bots = ["ada", "bea", "cleo"];
const issues = [1, 2];
const main = "refs/heads/main";
/** Faults begin before this; afterwards the world is kind. */
const troubledForMs = 4 * termMs;

interface Fault {
  /** `twin`: paused, and started a second time meanwhile. */
  readonly kind: "kill" | "pause" | "twin";
  readonly bot: number;
  readonly atMs: number;
  readonly forMs: number;
}

interface Scenario {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly outages: readonly { readonly fromMs: number; readonly forMs: number }[];
}

/** `gap`: any time between two readings counts. */
type Left = Omission & { readonly gap?: boolean };

const time = (maxMs: number) => fc.integer({ min: 0, max: maxMs });

const faults = fc.array(
  fc.record<Fault>({
    kind: fc.constantFrom("kill", "pause", "twin"),
    bot: fc.nat(bots.length - 1),
    atMs: time(troubledForMs),
    forMs: time(2 * termMs),
  }),
  { maxLength: 6 },
);

/** The forge stays up for longer than a holder waits before it tries a renewal again. */
const outages = fc
  .array(
    fc.record({ afterMs: fc.integer({ min: termMs / 9, max: termMs }), forMs: time(1.5 * termMs) }),
    {
      maxLength: 3,
    },
  )
  .map((gaps) => {
    let nowMs = 0;
    return gaps.map(({ afterMs, forMs }) => {
      const fromMs = nowMs + afterMs;
      nowMs = fromMs + forMs;
      return { fromMs, forMs };
    });
  });

const seed = fc.integer({ min: 1, max: 2 ** 31 });
const scenarios: fc.Arbitrary<Scenario> = fc.record({ seed, faults, outages });

/** What went wrong, one sentence each. */
async function play(scenario: Scenario, left: Left = {}): Promise<readonly string[]> {
  const factory = new Factory(scenario, left);
  return factory.play();
}

class Factory {
  readonly wrongs: string[] = [];
  readonly #scenario: Scenario;
  readonly #left: Left;
  readonly #world: World;
  readonly #merged = new Map<number, string>();
  readonly #started: Process[] = [];

  constructor(scenario: Scenario, left: Left) {
    this.#scenario = scenario;
    this.#left = left;
    const { seed, outages } = scenario;
    this.#world = new World({ seed, outages, omit: left, maxDelayMs });
    this.#world.onChange = (by, swaps) => this.#judge(by, swaps);
  }

  async play(): Promise<readonly string[]> {
    const world = this.#world;
    const running = bots.map((holder) => this.#start(holder));
    const endOfOutages = Math.max(0, ...this.#scenario.outages.map((o) => o.fromMs + o.forMs));
    const endOfFaults = Math.max(0, ...this.#scenario.faults.map((f) => f.atMs + f.forMs));
    for (const fault of this.#scenario.faults) this.#schedule(fault, running);
    const limitMs = Math.max(endOfOutages, endOfFaults) + 12 * termMs;
    const isDone = () => this.#merged.size === issues.length || this.wrongs.length > 0;
    if (!(await world.run(isDone, limitMs))) this.wrongs.push("an issue was never finished");
    return this.wrongs;
  }

  #schedule({ kind, bot, atMs, forMs }: Fault, running: Process[]): void {
    this.#world.at(atMs, () => {
      const process = running[bot];
      if (!process) return;
      if (kind === "kill") process.dead = true;
      else process.pausedUntilMs = Math.max(process.pausedUntilMs, atMs + forMs);
      process.wasPaused = true;
      const restart = () => {
        running[bot] = this.#start(process.holder);
      };
      // The first bot that is killed never comes back, so that others must see its claims expire.
      if (kind === "kill" && bot > 0) this.#world.at(atMs + forMs, restart);
      if (kind === "twin") restart();
    });
  }

  #start(holder: string): Process {
    const process = new Process(holder);
    this.#started.push(process);
    void this.#work(process).catch((error: unknown) => {
      this.wrongs.push(`a bug: ${String(error)}`);
    });
    return process;
  }

  async #work(process: Process): Promise<void> {
    const world = this.#world;
    const clock = world.clockOf(process);
    const gapMs = this.#left.gap ? 100 * termMs : deriveMaxGap(termMs, pollIntervalMs);
    const observations = new Observations(clock, gapMs);
    const mirror = observations.watching(world.mirrorOf(process));
    const { holder } = process;
    const newNonce = () => String(world.draw());
    const tools = { mirror, observations, clock, holder, newNonce, termMs, pollIntervalMs };
    const claims = new Claims(tools);
    void claims.watch(new AbortController().signal);
    for (;;) {
      try {
        const issue = await this.#choose(claims, await mirror.refresh());
        if (issue === undefined) await clock.sleep(pollIntervalMs);
        else {
          const end = await claims.withLease(issue, new AbortController().signal, (claim, signal) =>
            this.#finish({ issue, claim, signal, tools }),
          );
          if (end.type === "lost") this.#judgeLoss(process, issue);
        }
      } catch (error) {
        if (!(error instanceof DisintoError)) throw error;
        await clock.sleep(pollIntervalMs);
      }
    }
  }

  async #choose(claims: Claims, refs: ReadonlyMap<string, string>): Promise<number | undefined> {
    const [own] = await claims.findOwn(refs);
    if (own !== undefined) return (await claims.adopt(own)) ? own : undefined;
    for (const issue of await claims.findExpired(refs))
      if (await claims.takeOver(issue)) return issue;
    const free = issues.filter((n) => !this.#merged.has(n) && !refs.has(deriveClaimRef(n)));
    for (const issue of free) if (await claims.take(issue)) return issue;
    return undefined;
  }

  /** As the machine does it: spend a budget, work, push, merge, let go. */
  async #finish({ issue, claim, signal, tools }: Task): Promise<{ type: "done" }> {
    const { mirror, clock } = tools;
    const branch = `refs/heads/fix/issue-${issue}`;
    await claim.store({ counters: { attempts: (claim.counters.attempts ?? 0) + 1 } });
    await clock.sleep(this.#world.draw() * termMs * 1.2, signal);
    signal.throwIfAborted();
    const from = (await mirror.readRefs([branch])).get(branch);
    const to = await mirror.objects.note(`work on ${issue}`);
    const pushed = await claim.push({ ref: branch, from, to });
    while (pushed === "pushed" && !this.#merged.has(issue)) {
      const base = (await mirror.readRefs([main])).get(main);
      const merge = await mirror.objects.note(`merge ${issue}`);
      claim.assertHeld();
      await mirror.swap([{ ref: main, from: base, to: merge }]);
      await clock.sleep(this.#world.draw() * pollIntervalMs, signal);
      signal.throwIfAborted();
    }
    await claim.release();
    return { type: "done" };
  }

  #judge(by: Process, swaps: readonly Swap[]): void {
    for (const { ref, from, to } of swaps) {
      if (ref.startsWith("refs/disinto/claims/")) this.#judgeLease(by, from, to);
      if (ref.startsWith("refs/heads/fix/")) this.#judgeWork(by, ref);
      if (ref === main) this.#judgeMerge(by, to);
    }
  }

  #judgeWork(by: Process, branch: string): void {
    const sha = this.#world.refs.get(deriveClaimRef(branch.replace(/^.*issue-/, "")));
    const holder = sha === undefined ? undefined : this.#world.commits.get(sha)?.by;
    if (holder !== by) this.wrongs.push("work was pushed by a process that did not hold the lease");
  }

  #judgeMerge(by: Process, to: string | undefined): void {
    const issue = Number(/\d+$/.exec(this.#world.commits.get(to ?? "")?.text ?? "")?.[0]);
    if (this.#merged.has(issue)) this.wrongs.push(`#${issue} was merged twice`);
    this.#merged.set(issue, by.holder);
  }

  #judgeLease(by: Process, from: string | undefined, to: string | undefined): void {
    const before = from === undefined ? undefined : this.#world.commits.get(from);
    const after = to === undefined ? undefined : this.#world.commits.get(to);
    if (!before || !after) return;
    const { dead, wasPaused, holder } = before.by;
    if (holder !== by.holder && !dead && !wasPaused)
      this.wrongs.push(`${holder} lives, was never paused, and was robbed`);
    if (attemptsOf(after.text) < attemptsOf(before.text))
      this.wrongs.push("a spent budget was forgotten");
  }

  #judgeLoss(process: Process, issue: number): void {
    const isCalm = this.#scenario.outages.length === 0 && !this.#isRestarted(process);
    if (isCalm && !process.wasPaused)
      this.wrongs.push(`${process.holder} took its claim on #${issue} for lost`);
  }

  /** Then a loss is right: the later process adopts what the earlier one held. */
  #isRestarted({ holder }: Process): boolean {
    return this.#started.filter((one) => one.holder === holder).length > 1;
  }
}

interface Task {
  readonly issue: number;
  readonly claim: Claim;
  readonly signal: AbortSignal;
  readonly tools: { mirror: ReturnType<World["mirrorOf"]>; clock: ReturnType<World["clockOf"]> };
}

function attemptsOf(text: string): number {
  return (JSON.parse(text) as { counters: { attempts?: number } }).counters.attempts ?? 0;
}

test("no interleaving gives two holders that act, robs a living bot, forgets a budget or loses a claim for ever", async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      expect(await play(scenario)).toEqual([]);
    }),
    { numRuns: Number(process.env.DISINTO_MODEL_RUNS ?? 120), endOnFailure: true },
  );
});

/** With one rule left out, the same search must come upon what the rule is for. */
async function findWrong(left: Left, wrong: RegExp): Promise<boolean> {
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    return !(await play(scenario, left)).some((one) => wrong.test(one));
  });
  return (await fc.check(property, { numRuns: 2_000, endOnFailure: true })).failed;
}

test("a lease that is named in the push but not changed lets a bot push that lost it", async () => {
  expect(await findWrong({ fence: true }, /pushed by a process that did not hold/)).toBe(true);
});

test("a forge that takes the two refs of a push one by one lets a bot push that lost its lease", async () => {
  expect(await findWrong({ torn: true }, /pushed by a process that did not hold/)).toBe(true);
});

test("an observer that counts the time in which it could not read robs a living bot", async () => {
  expect(await findWrong({ gap: true }, /was robbed/)).toBe(true);
});

test("a bot that believes a refusal takes its own claim for lost", async () => {
  expect(await findWrong({ reading: true }, /took its claim on #\d for lost/)).toBe(true);
});
