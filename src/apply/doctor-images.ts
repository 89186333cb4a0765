/** What runs inside the images: their version, and whether a project's tests can run where bots and the CI run them. */
import { ciProviders } from "../ci/definitions.ts";
import { deriveImage } from "../core/desired.ts";
import type { Bot, Factory, Project } from "../core/factory.ts";
import { formatRepo } from "../core/identities.ts";
import { deriveCredentialKeys } from "../core/names.ts";
import { coreLimits } from "../core/service.ts";
import { harnessUids } from "../core/uids.ts";
import { engines } from "../engines/definitions.ts";
import { DisintoError } from "../errors.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { FORGE_SERVICE } from "../forge-kinds/service.ts";
import type { OneShots } from "../ports/one-shots.ts";
import type { Repositories } from "../ports/repositories.ts";
import type { Finding } from "./finding.ts";
import type { Fleet } from "./observe.ts";

export interface ImageExamination extends Fleet {
  /** The version of the running disinto. */
  readonly version: string;
  readonly oneShots: OneShots;
  readonly repositories: Pick<
    Repositories,
    "archive" | "branches" | "cloneDefaultBranch" | "describe"
  >;
}

const testLimitMs = 15 * 60_000;
const pids = 512;

/** Asked of one container of each image, the first by name; child processes of another build are replaced by `up`. */
export async function checkVersions(fleet: ImageExamination): Promise<readonly Finding[]> {
  const { factory, containers, version } = fleet;
  if (!engines[factory.engine].runsImages) return [];
  const { containers: all } = await containers.observe().catch(() => ({ containers: [] }));
  const own = all.filter(({ ours, running, service }) => ours && running && isOurs(service, fleet));
  const named = own.toSorted((a, b) => (a.service < b.service ? 1 : -1));
  const byImage = new Map(named.map((one) => [one.imageId, one]));
  const answers = [...byImage.values()].map(async ({ service }): Promise<Finding> => {
    const output = await containers.exec(service, ["disinto", "--version"]).catch(() => undefined);
    const found = output?.trim();
    const subject = "image";
    if (found === version)
      return { subject, verdict: "good", message: `${service} is version ${version}` };
    const what = found === undefined ? "does not report its version" : `is version ${found}`;
    const message = `${service} ${what}; this is ${version}`;
    return { subject, verdict: "note", message, hint: "npm run images, then disinto up" };
  });
  return Promise.all(answers);
}

/** Services whose image is disinto's. */
function isOurs(service: string, { factory }: Fleet): boolean {
  if (service === FORGE_SERVICE) return forgeKinds[factory.forge.kind].service?.isOwn ?? false;
  return service === "ci" || service.startsWith("agents-");
}

/** Each project's tests once in every place in which a bot or the CI would run them. */
export async function checkTests(fleet: ImageExamination): Promise<readonly Finding[]> {
  const { factory } = fleet;
  const findings: Finding[] = [];
  for (const project of factory.projects) {
    for (const place of listTestPlaces(project, factory))
      findings.push(await checkTest(fleet, project, place));
  }
  return findings;
}

interface TestPlace {
  readonly image: string;
  /** Who reads the primary branch for it. */
  readonly bot: Bot;
  readonly limits: { readonly memory: string; readonly cpus: number };
}

/** The CI's comes first, as its word counts; without images all of them are this machine. */
function listTestPlaces(project: Project, factory: Factory): readonly TestPlace[] {
  const { name, testCommand, ci } = project;
  const [first, ...others] = factory.bots.filter(
    ({ enabled, projects }) => enabled && projects.includes(name),
  );
  if (!testCommand || !first) return [];
  const ciImage = ciProviders[ci.provider].stepsImage?.(factory);
  const places = [first, ...others].map((bot): TestPlace => {
    return { image: deriveImage(bot, factory), bot, limits: bot };
  });
  if (ciImage !== undefined) places.unshift({ image: ciImage, bot: first, limits: coreLimits });
  if (!engines[factory.engine].runsImages) return places.slice(0, 1);
  const seen = new Set<string>();
  return places.filter(({ image }) => !seen.has(image) && seen.add(image));
}

async function checkTest(
  fleet: ImageExamination,
  project: Project,
  { image, bot, limits: { memory, cpus } }: TestPlace,
): Promise<Finding> {
  const subject = "tests";
  const place = describePlace(fleet, image);
  const where = `${project.name}: ${project.testCommand?.join(" ")} ${place}`;
  try {
    const input = await readFiles(fleet, project, bot);
    const { exitCode, lastLines } = await fleet.oneShots.run({
      project: fleet.containers.project,
      name: "tests",
      image,
      argv: ["sh", "-c", unpackAndRun, "sh", ...(project.testCommand ?? [])],
      input,
      user: `${harnessUids.dev}:${harnessUids.dev}`,
      limits: { memory, cpus, pids },
      timeoutMs: testLimitMs,
    });
    if (exitCode === 0) return { subject, verdict: "good", message: `${where} passes` };
    const message = `${where} ended with ${exitCode}\n${lastLines}`;
    const hint = engines[fleet.factory.engine].runsImages
      ? "give the image what the tests need (image), or correct test_command"
      : "install what the tests need, or correct test_command";
    return { subject, verdict: "bad", message, hint };
  } catch (error) {
    if (!(error instanceof DisintoError)) throw error;
    return { subject, verdict: "bad", message: `${where}: ${error.message}`, hint: error.hint };
  }
}

export function describePlace({ factory }: Pick<Fleet, "factory">, image: string): string {
  return engines[factory.engine].runsImages ? `in ${image}` : "on this machine";
}

/** A fixed text; the command comes as its arguments. */
const unpackAndRun =
  'HOME="$(mktemp -d)" && export HOME && cd "$(mktemp -d)" && tar -xf - && exec "$@" < /dev/null';

/** Reads the primary branch as the bot sees it, with its own token. */
async function readFiles(
  { factory, environment, repositories }: ImageExamination,
  { repo, primaryBranch }: Project,
  bot: Bot,
): Promise<Uint8Array> {
  const key = deriveCredentialKeys(bot.name).token;
  const token = environment.get(key);
  if (!token)
    throw new DisintoError("credentials.missing", `.env has no ${key}`, {
      hint: "run disinto init",
    });
  const { url } = factory.forge;
  const access = { forgeUrl: url, login: bot.forgeUser, token };
  return repositories.archive({
    url: `${url}/${formatRepo(repo)}.git`,
    access,
    branch: primaryBranch,
  });
}
