import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { DisintoError } from "../errors.ts";
import type { CiAccount, CiServer } from "../ports/ci-admin.ts";
import type { ForgeAdmin } from "../ports/forge-admin.ts";
import type { Job } from "../ports/one-shots.ts";
import { type CiExamination, checkCi } from "./doctor-ci.ts";

const env =
  "FORGE_URL=http://box.lan:3000\nWOODPECKER_HOST=http://box.lan:8000\nDISINTO_FORGE=forgejo\n";
const shop = 'repo = "acme/shop"\n[ci]\nprovider = "woodpecker"\nlogin = "disinto-ci"\n';
const link = "http://box.lan:8000/repos/7/pipeline/4/1";

interface World {
  readonly signIn?: () => Promise<string>;
  readonly cloneSays?: string;
  readonly hooks?: readonly string[];
  /** The number of the run that a delivery begins. */
  readonly begins?: number;
  readonly target?: string;
  readonly isOpen?: boolean;
}

async function examine(world: World) {
  const { cloneSays = "", hooks = ["http://box.lan:8000/api/hook?access_token=x"] } = world;
  let told = 0;
  let ms = 0;
  const jobs: Job[] = [];
  const account = {
    find: async () => ({ id: 7, isTrusted: false, credentialPlugins: [], approvesForks: true }),
    newestRun: async () => ({ number: told > 0 ? (world.begins ?? 4) : 3, commit: "c0ffee" }),
  } as Partial<CiAccount> as CiAccount;
  const server: CiServer = {
    examine: async () => undefined,
    signIn: world.signIn ?? (async () => "token"),
    as: () => account,
  };
  const { target = link } = world;
  const status = { context: "ci/woodpecker/push/test", state: "success", description: "", target };
  const forge = {
    hooks: {
      list: async () => hooks.map((url, id) => ({ id, url, isActive: true })),
      test: async () => {
        told += 1;
      },
    },
    forge: { statuses: () => ({ of: async () => [status] }) },
  } as unknown as ForgeAdmin;
  const fleet = {
    factory: makeFactory(env, { shop }),
    environment: new Map([
      ["WOODPECKER_ACCOUNT_PASS", "p"],
      ["WOODPECKER_ACCOUNT_TOKEN", "t"],
      ["FORGE_ADMIN_PASS", "a"],
    ]),
    containers: { project: "nice" },
    ciServer: async () => server,
    forgeAdmin: async () => forge,
    oneShots: {
      run: async (job: Job) => {
        jobs.push(job);
        return { exitCode: cloneSays === "" ? 0 : 128, lastLines: cloneSays };
      },
    },
    clock: {
      now: () => new Date(0),
      monotonicMs: () => ms,
      sleep: async (wait: number) => {
        ms += wait;
      },
    },
    opens: async (url: string) => url === link && (world.isOpen ?? true),
  } as unknown as CiExamination;
  const findings = await checkCi(fleet);
  return { jobs, said: findings.map(({ verdict, message }) => `${verdict} ${message}`) };
}

test("sign-in, clone, webhook, status and link are proven by doing them", async () => {
  const { jobs, said } = await examine({});

  expect(said).toEqual([
    "good disinto-ci signs in to http://box.lan:8000 by http://box.lan:3000",
    "good a container on the network of the steps clones from http://box.lan:3000/acme/shop.git",
    `good the forge told Woodpecker of acme/shop, run 4 began, and its status's link ${link} opens`,
  ]);
  expect(jobs).toMatchObject([
    {
      network: "nice_bots",
      argv: ["sh", "-c", expect.any(String), "sh", "http://box.lan:3000/acme/shop.git"],
    },
  ]);
});

test("each that does not work is bad, whatever the others do", async () => {
  const refused = new DisintoError("ci.unavailable", "it was sent to http://127.0.0.1:3000");
  const signIn = async () => {
    throw refused;
  };
  const results = [
    await examine({ signIn }),
    await examine({ cloneSays: "Could not resolve host: box.lan" }),
    await examine({ hooks: ["http://elsewhere/api/hook?x"] }),
    await examine({ target: "http://elsewhere/1" }),
    await examine({ isOpen: false }),
  ];

  expect(results.map(({ said }) => said.find((line) => line.startsWith("bad")))).toEqual([
    "bad it was sent to http://127.0.0.1:3000",
    "bad a container on the network of the steps cannot clone http://box.lan:3000/acme/shop.git: Could not resolve host: box.lan",
    "bad acme/shop has no webhook to http://box.lan:8000",
    "bad the forge told Woodpecker of acme/shop, run 4 began, and no status of it came",
    `bad the forge told Woodpecker of acme/shop, run 4 began, but its status's link ${link} does not open here`,
  ]);
});

test("a private repository that asks who is there was reached", async () => {
  const { said } = await examine({
    cloneSays: "fatal: could not read Username for 'http://box.lan'",
  });

  expect(said[1]).toMatch(/^good /);
});

test("a delivery that begins no run may be right, and is a note", async () => {
  const { said } = await examine({ begins: 3 });

  expect(said[2]).toBe("note the forge told Woodpecker of acme/shop, and no run began");
});
