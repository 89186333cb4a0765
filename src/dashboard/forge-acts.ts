/** Acts on the forge with the token of who does them; the same functions as the commands. */
import {
  approveIssue,
  blockIssue,
  findLease,
  type IssueTools,
  releaseIssue,
  retryIssue,
} from "../apply/issue-actions.ts";
import { APPROVED, BACKLOG } from "../bot/issue/choose.ts";
import { pinOf, visibleIssue } from "../bot/issue/trust.ts";
import { pause, resume } from "../bot/leases/pauses.ts";
import type { Remote, ScratchMirror } from "../bot/self-test.ts";
import type { RepoId } from "../core/factory.ts";
import { DisintoError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Forge } from "../ports/forge.ts";
import type { Mirror } from "../ports/git.ts";
import type { Actor, Acts, IssuePlace } from "./acts.ts";
import type { DashboardSettings } from "./settings.ts";

export interface ForgeActTools {
  readonly settings: Pick<DashboardSettings, "factoryRepo" | "forgeUrl" | "projects">;
  readonly clock: Clock;
  readonly forge: (url: string, token: string) => Promise<Forge>;
  readonly scratchMirror: (remote: Remote) => Promise<ScratchMirror>;
}

export function buildForgeActs(tools: ForgeActTools): Acts {
  const { settings } = tools;
  const open = ({ token }: Actor) => tools.forge(settings.forgeUrl, token);
  const issuesOf = async (who: Actor, { project }: Pick<IssuePlace, "project">) =>
    (await open(who)).issues(findProject(settings, project).repo);
  return {
    whoIs: async (token) => {
      try {
        return await (await tools.forge(settings.forgeUrl, token)).whoami();
      } catch (error) {
        if (error instanceof DisintoError && error.code === "forge.unauthorized") return undefined;
        throw error;
      }
    },
    read: async (who, at) => {
      const stored = await (await issuesOf(who, at)).get(at.issue);
      const { title, body, author } = visibleIssue(stored);
      const hidden = stored.title.length + stored.body.length - title.length - body.length;
      return { title, author, body, hidden, pin: pinOf(stored) };
    },
    approve: async (who, { pin, ...at }) => {
      const issues = await issuesOf(who, at);
      await approveIssue({ issues }, { number: at.issue, pin, label: APPROVED });
      return `Issue #${at.issue} is approved as it was shown.`;
    },
    retry: (who, at) =>
      withMirror(tools, { who, at }, async (place) => {
        await retryIssue(place, at.issue);
        return `Issue #${at.issue} is in the backlog again, with fresh budgets.`;
      }),
    release: (who, at) =>
      withMirror(tools, { who, at }, async (place) => {
        const lease = await findLease(place, at.issue);
        await releaseIssue(place, { number: at.issue, lease });
        const from = lease ? ` from ${lease.holder}` : "";
        return `Issue #${at.issue} is released${from} and in the backlog again; its branch is kept.`;
      }),
    block: async (who, at) => {
      const reason = `${who.login} blocked it from the dashboard.`;
      await blockIssue({ issues: await issuesOf(who, at) }, { number: at.issue, reason });
      return `Issue #${at.issue} is blocked; a bot that is at it stops within one poll.`;
    },
    ...buildPausing(tools),
    file: async (who, { project, title, text, isForBots }) => {
      if (title === "") throw new DisintoError("usage.invalid", "an issue needs a title");
      const issues = await issuesOf(who, { project });
      const labels = isForBots ? [BACKLOG] : [];
      const { number } = await issues.open({ title, body: text, labels });
      return `Issue #${number} is filed.`;
    },
  };
}

/** A ref in the factory's repository, written as the person who says it. */
function buildPausing(tools: ForgeActTools): Pick<Acts, "pause" | "resume"> {
  const { settings, clock } = tools;
  return {
    pause: (who, bot) =>
      withMirrorOf(tools, { who, repo: settings.factoryRepo }, async (mirror) => {
        await pause({ mirror, clock }, [bot], { by: who.login, reason: undefined });
        return `${bot ?? "The whole factory"} is paused: it puts aside what it does within one poll.`;
      }),
    resume: (who, bot) =>
      withMirrorOf(tools, { who, repo: settings.factoryRepo }, async (mirror) => {
        const ended = await resume({ mirror }, bot === undefined ? "everybody" : [bot]);
        if (ended.length === 0) return "Nothing of this was paused.";
        return `${bot ?? "The whole factory"} goes on within one poll.`;
      }),
  };
}

function findProject({ projects }: ForgeActTools["settings"], name: string) {
  const found = projects.find((project) => project.name === name);
  if (found) return found;
  throw new DisintoError("usage.invalid", `there is no project ${name}`);
}

interface Act {
  readonly who: Actor;
  readonly at: IssuePlace;
}

function withMirror(
  tools: ForgeActTools,
  { who, at }: Act,
  act: (place: IssueTools) => Promise<string>,
): Promise<string> {
  const { settings, forge } = tools;
  const { repo } = findProject(settings, at.project);
  return withMirrorOf(tools, { who, repo }, async (mirror) => {
    const issues = (await forge(settings.forgeUrl, who.token)).issues(repo);
    return act({ issues, mirror });
  });
}

async function withMirrorOf(
  { settings: { forgeUrl }, scratchMirror }: ForgeActTools,
  { who: { login, token }, repo }: { readonly who: Actor; readonly repo: RepoId },
  act: (mirror: Mirror) => Promise<string>,
): Promise<string> {
  const { mirror, discard } = await scratchMirror({ forgeUrl, login, token, repo });
  try {
    return await act(mirror);
  } finally {
    await discard();
  }
}
