/** Both front ends to one list of bots: LLAMA_BOTS in `.env`, `[agents.<name>]` in the projects. */

import { deriveBackend } from "../core/backend.ts";
import type { Bot, Project } from "../core/factory.ts";
import { DEFAULT_HARNESS, harnesses } from "../harness/definitions.ts";
import { env } from "../settings/env.ts";
import { renameKeys } from "../settings/names.ts";
import { AgentSection } from "../settings/project.ts";
import { refuseBotName } from "./bot-names.ts";
import type { Environment } from "./environment.ts";
import { type LlamaBackend, readLlamaBackend, readLlamaBots } from "./llama-bots.ts";
import type { ConfigProblem } from "./problem.ts";
import type { LoadedProject } from "./project-file.ts";
import type { SourcePlace } from "./toml-source.ts";

/** One `[agents.<name>]` with all projects that hold it. */
interface Section {
  readonly name: string;
  readonly settings: AgentSection;
  readonly place: SourcePlace;
  readonly path: string;
  readonly projects: readonly string[];
}

export function assembleBots(
  environment: Environment,
  loaded: readonly { file: LoadedProject; project: Project }[],
): { bots: readonly Bot[]; problems: readonly ConfigProblem[] } {
  const llama = readLlamaBots(environment);
  const { sections, problems } = collectSections(loaded);
  const { backend, problems: ofBackend } = readLlamaBackend(environment);
  const everywhere = loaded.map(({ project }) => project.name);
  const usual = AgentSection.parse({});
  const listed = llama.names.map((name) => {
    const settings = sections.get(name)?.settings ?? usual;
    return toLlamaBot({ name, settings, backend, environment, everywhere });
  });
  const named = new Set(llama.names);
  const others = [...sections.values()]
    .filter(({ name }) => !named.has(name))
    .map((section) => toAgentBot(section, backend));
  return {
    bots: [...listed, ...others].sort((a, b) => (a.name < b.name ? -1 : 1)),
    problems: [...llama.problems, ...ofBackend, ...problems],
  };
}

function collectSections(loaded: readonly { file: LoadedProject; project: Project }[]) {
  const sections = new Map<string, Section>();
  const problems: ConfigProblem[] = [];
  for (const { file, project } of loaded) {
    for (const [name, settings] of Object.entries(file.settings.agents)) {
      const place = file.source.locate(["agents", name]);
      const section = { name, settings, place, path: `agents.${name}`, projects: [project.name] };
      const first = sections.get(name);
      problems.push(...checkSection(section, first));
      if (refuseBotName(name)) continue;
      sections.set(name, first ? addProject(first, project.name) : section);
    }
  }
  return { sections, problems };
}

function addProject(section: Section, project: string): Section {
  return { ...section, projects: [...section.projects, project] };
}

function* checkSection(section: Section, first: Section | undefined): Generator<ConfigProblem> {
  const { settings, place, path } = section;
  yield* checkHarness(settings).map((problem) => ({ ...place, path, ...problem }));
  if (first && JSON.stringify(first.settings) !== JSON.stringify(settings)) {
    const elsewhere = `${first.place.file}:${first.place.line}`;
    yield {
      ...place,
      path,
      message: `conflicts with [${path}] in ${elsewhere}`,
      hint: "one bot has one configuration: make both sections the same",
    };
  }
}

function checkHarness({ harness, command, compact_pct }: AgentSection) {
  const isCommand = !harnesses[harness].asksModel;
  return [
    ...(isCommand && !command
      ? [
          {
            message: 'harness "command" needs a command',
            hint: 'set command = ["program", "argument"]',
          },
        ]
      : []),
    ...(!isCommand && command
      ? [
          {
            message: 'command is only for harness = "command"',
            hint: 'set harness = "command", or remove command',
          },
        ]
      : []),
    ...(isCommand && compact_pct !== undefined
      ? [
          {
            message: 'compact_pct is not for harness = "command"',
            hint: "remove it: a command has no context window that disinto knows of",
          },
        ]
      : []),
  ];
}

function toLlamaBot(listed: {
  name: string;
  settings: AgentSection;
  backend: LlamaBackend;
  environment: Environment;
  everywhere: readonly string[];
}): Bot {
  const { name, settings, backend, environment, everywhere } = listed;
  const key = environment.values.has(env.llamaBots.key)
    ? env.llamaBots.key
    : env.enableLlamaAgent.key;
  const { file, line } = environment.locate(key);
  return {
    ...toBot(name, settings),
    declaredIn: "LLAMA_BOTS",
    origin: `${key} (${file}:${line})`,
    baseUrl: settings.base_url ?? backend.baseUrl,
    model: settings.model ?? backend.model,
    apiKeyEnv: settings.api_key_env ?? backend.apiKeyEnv,
    slots: settings.slots ?? slotsOf(settings.base_url, backend),
    projects: everywhere,
  };
}

/** What `.env` says of its own backend holds for whoever asks that one, declared wherever. */
function slotsOf(baseUrl: string | undefined, backend: LlamaBackend): number | undefined {
  const harness = DEFAULT_HARNESS;
  const isSame =
    baseUrl === undefined ||
    deriveBackend({ baseUrl, harness }) === deriveBackend({ baseUrl: backend.baseUrl, harness });
  return isSame ? backend.slots : undefined;
}

function toAgentBot({ name, settings, place, projects }: Section, backend: LlamaBackend): Bot {
  const { base_url } = settings;
  return {
    ...toBot(name, settings),
    slots: settings.slots ?? (base_url === undefined ? undefined : slotsOf(base_url, backend)),
    declaredIn: "agents",
    origin: `[agents.${name}] (${place.file}:${place.line})`,
    projects,
  };
}

function toBot(
  name: string,
  settings: AgentSection,
): Omit<Bot, "declaredIn" | "origin" | "projects"> {
  const { pollInterval: pollIntervalS, ...options } = renameKeys(settings);
  const { command = [], model = "default", forgeUser = name } = options;
  return { ...options, name, command, model, forgeUser, pollIntervalS };
}
