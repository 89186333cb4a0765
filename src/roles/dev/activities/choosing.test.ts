import { expect, test } from "vitest";
import { pinOf } from "../../../bot/issue/trust.ts";
import type { BotTools } from "../../../bot/tools.ts";
import { DisintoError } from "../../../errors.ts";
import type { Dependency, Issue, Status } from "../../../ports/forge.ts";
import { Chooser } from "./choosing.ts";

const base: Issue = {
  number: 1,
  title: "Issue",
  body: "",
  author: "ada",
  state: "open",
  labels: ["backlog"],
  assignees: [],
  createdAt: "",
  updatedAt: "1",
};

const listed = (number: number, facts: Partial<Issue> = {}): Issue => ({
  ...base,
  number,
  ...facts,
});

interface Held {
  readonly holder: string;
  readonly expired?: boolean;
  readonly facts?: Readonly<Record<string, string>>;
}

interface World {
  issues: readonly Issue[];
  /** Issue → what the forge records. */
  dependencies?: Readonly<Record<number, readonly Dependency[]>>;
  leases?: Readonly<Record<number, Held>>;
  statuses?: readonly Status[];
  required?: readonly string[];
  trusted?: readonly string[];
  /** Who may write code, each time that it is asked. */
  writers?: () => readonly string[];
  /** What an issue is when it is read again. */
  reread?: Partial<Issue>;
}

/** A project on a forge of the test's own; `calls` counts what it was asked. */
function open(world: World) {
  const calls: string[] = [];
  const events: object[] = [];
  const breakers = new Map<string, string>();
  const lease = (number: number) => `refs/disinto/claims/${number}`;
  const claim = {
    counters: { ciFixes: 1 },
    facts: { pin: "pinned", pull: "8" },
    release: async () => {
      calls.push("release");
    },
  };
  const find = (is: (one: Held) => boolean) => async () =>
    Object.entries(world.leases ?? {}).flatMap(([number, one]) =>
      is(one) ? [Number(number)] : [],
    );
  const target = {
    project: {
      name: "shop",
      primaryBranch: "main",
      trustedAuthors: world.trusted ?? [],
      ci: { provider: "external", required: world.required ?? [] },
    },
    writers: async () => world.writers?.() ?? ["ada"],
    bots: async () => ["bot"],
    timeline: async () => [],
    dependencies: async (number: number) => {
      calls.push(`dependencies ${number}`);
      return world.dependencies?.[number] ?? [];
    },
    mirror: {
      objects: { readMessage: async () => '{"holder":"eve"}' },
      readRefs: async () => {
        calls.push("refs");
        const refs = Object.keys(world.leases ?? {}).map((number) => [lease(Number(number)), "l"]);
        const open = [...breakers.keys()].map((name) => [`refs/disinto/breakers/${name}`, "b"]);
        return new Map([["refs/heads/main", "m"], ...refs, ...open] as [string, string][]);
      },
    },
    statuses: { of: async () => calls.push("statuses") && (world.statuses ?? []) },
    breakers: {
      open: async (name: string, { reason }: { reason: string }) => {
        breakers.set(name, reason);
        return "opened";
      },
      close: async (name: string) => (breakers.delete(name) ? "closed" : "already"),
    },
    claims: {
      findOwn: find(({ holder }) => holder === "bot"),
      findExpired: find(({ expired }) => expired === true),
      readFacts: async (number: number) => world.leases?.[number]?.facts ?? {},
      adopt: async () => claim,
      takeOver: async () => claim,
      take: async (number: number) => calls.push(`take ${number}`) && claim,
    },
    issues: {
      comment: async () => undefined,
      listOpen: async () =>
        calls.push("list") && world.issues.filter(({ state }) => state === "open"),
      get: async (wanted: number) => {
        calls.push(`get ${wanted}`);
        const found = world.issues.find(({ number }) => number === wanted);
        if (!found) throw new DisintoError("forge.not-found", "no such issue");
        return { ...found, ...world.reread };
      },
      setAssignees: async () => undefined,
      relabel: async () => undefined,
    },
  };
  const tools = {
    projects: new Map([["shop", target]]),
    clock: { sleep: async () => undefined, monotonicMs: () => 0 },
    random: () => 0,
    events: { append: (event: object) => events.push(event) },
    breakers: { read: async () => undefined },
    spending: { findHeld: async () => undefined },
    backend: "model",
    holder: "bot",
    pollIntervalMs: 1,
    user: "bot",
  };
  const chooser = new Chooser(tools as unknown as BotTools);
  const choose = async () => {
    const outcome = await chooser.choose(new AbortController().signal);
    return outcome.type === "claimed" ? outcome.work : outcome.type;
  };
  const number = async () => {
    const work = await choose();
    return typeof work === "string" ? work : work.issue;
  };
  return { calls, events, breakers, choose, number, world };
}

test("an issue of somebody who may write code is taken, an older one of a stranger waits", async () => {
  expect(await open({ issues: [listed(1, { author: "eve" }), listed(2)] }).number()).toBe(2);
  expect(await open({ issues: [listed(1, { author: "eve" })] }).number()).toBe("nothing-to-do");
});

test("a stranger who is listed is none", async () => {
  const issues = [listed(1, { author: "eve" }), listed(2)];

  expect(await open({ issues, trusted: ["eve"] }).number()).toBe(1);
});

test("what is claimed is pinned to the text that was judged", async () => {
  const work = await open({ issues: [listed(1, { body: "Do it." })] }).choose();

  expect(work).toMatchObject({ pin: pinOf({ title: "Issue", body: "Do it." }), counters: {} });
});

test("own unfinished work comes first, then a lost bot's, with what their leases carry", async () => {
  const issues = [listed(1), listed(2), listed(3)];
  const own = open({
    issues,
    leases: { 3: { holder: "bot" }, 2: { holder: "eve", expired: true } },
  });
  const lost = open({
    issues,
    leases: { 3: { holder: "eve" }, 2: { holder: "eve", expired: true } },
  });

  expect(await own.choose()).toMatchObject({
    issue: 3,
    counters: { ciFixes: 1 },
    pull: 8,
    pin: "pinned",
  });
  expect(await lost.choose()).toMatchObject({ issue: 2, counters: { ciFixes: 1 }, pull: 8 });
  expect(lost.events).toEqual([
    { type: "lease.taken-over", project: "shop", issue: 2, from: "eve" },
  ]);
});

test("of unfinished work that comes first which needs no model: it gets on while the server is away", async () => {
  const issues = [listed(1), listed(2), listed(3)];
  const asked = { pull: "8", sentBack: "1" };
  for (const held of [{ holder: "bot" }, { holder: "eve", expired: true }]) {
    const world = open({
      issues,
      leases: {
        1: held,
        2: { ...held, facts: asked },
        3: { ...held, facts: { pull: "9" } },
      },
    });

    expect(await world.number()).toBe(3);
  }
});

test("what others work on stands in nobody's way, whatever stands first", async () => {
  const others = [1, 2, 3].map((number) =>
    listed(number, { labels: ["backlog", "in-progress", "priority"], assignees: ["eve"] }),
  );
  const leases = { 1: { holder: "eve" }, 2: { holder: "dev-9" }, 3: { holder: "eve" } };

  expect(await open({ issues: [...others, listed(4)], leases }).number()).toBe(4);
});

test("an issue in progress that is assigned to this bot and has no lease is gone on with", async () => {
  const mine = listed(5, { labels: ["in-progress"], assignees: ["bot"] });
  const others = listed(4, { labels: ["in-progress"], assignees: ["eve"] });

  expect(await open({ issues: [others, mine, listed(1)] }).number()).toBe(5);
});

test("a dependency that is open makes an issue wait, whether the forge or its text names it", async () => {
  const closed = listed(1, { state: "closed" });
  const world = open({
    issues: [
      closed,
      listed(2, { body: "Depends on #9" }),
      listed(3),
      listed(4, { body: "Depends on #1" }),
    ],
    dependencies: { 3: [{ number: 9 }, { number: 2 }] },
  });

  expect(await world.number()).toBe(4);
});

test("a tick costs one listing and one reading of refs; what an issue depends on is asked when it has changed", async () => {
  const waiting = listed(2, { body: "Depends on #7" });
  const world = open({ issues: [listed(7, { labels: [] }), waiting] });

  await world.choose();
  world.calls.length = 0;
  await world.choose();

  expect(world.calls).toEqual(["refs", "list"]);
  world.world.issues = [listed(7, { labels: [] }), { ...waiting, updatedAt: "2" }];
  await world.choose();
  expect(world.calls.slice(2)).toEqual(["refs", "list", "dependencies 2"]);
});

test("a red primary branch stops claims and says so once, until it is green", async () => {
  const red: Status = { context: "test", state: "failure", description: "" };
  const world = open({ issues: [listed(1)], required: ["test"], statuses: [red] });

  expect([await world.number(), await world.number()]).toEqual(["nothing-to-do", "nothing-to-do"]);
  expect(world.events.filter((event) => "breaker" in event)).toEqual([
    { type: "breaker.opened", breaker: "primary/main of shop", reason: "main is red at m: test" },
  ]);
  expect(world.events.filter((event) => "waiting" in event)).toEqual([
    {
      type: "queue.seen",
      project: "shop",
      waiting: [{ issue: 1, because: "main is red at m: test" }],
    },
  ]);

  world.world.statuses = [{ ...red, state: "pending" }];
  expect(await world.number()).toBe("nothing-to-do");
  world.world.statuses = [{ ...red, state: "success" }];
  expect(await world.number()).toBe(1);
  expect(world.breakers.size).toBe(0);
});

test.each<[string, Partial<World>]>([
  [
    "its author lost the right to write",
    {
      writers: (() => {
        const asked = [["ada"]];
        return () => asked.shift() ?? [];
      })(),
    },
  ],
  ["it is another author's", { reread: { author: "eve" } }],
  ["it was closed", { reread: { state: "closed" } }],
  ["it was blocked", { reread: { labels: ["backlog", "blocked"] } }],
  ["it left the backlog", { reread: { labels: [] } }],
])(
  "what changed between the listing and the claim counts, and the lease is given back: %s",
  async (_, change) => {
    const world = open({ issues: [listed(1)], ...change });

    expect(await world.choose()).toBe("nothing-to-do");
    expect(world.calls).toContain("take 1");
    expect(world.calls).toContain("release");
  },
);
