/**
 * What may stand in `projects/<name>.toml`. The descriptions are the configuration reference. In zod's small dialect,
 * since every command that reads the configuration waits until these shapes are built.
 */

import * as z from "zod/mini";
import { ciProviders, DEFAULT_CI } from "../ci/definitions.ts";
import { DEFAULT_CACHE, sizePattern } from "../core/bytes.ts";
import { describeKinds, namesOf } from "../core/kinds.ts";
import { networkPresets } from "../core/network-presets.ts";
import { checkPrompt, type PromptName, promptVariables } from "../core/prompt-template.ts";
import { DEFAULT_HARNESS, harnesses } from "../harness/definitions.ts";
import { DEFAULT_ROLE, roles as roleTable } from "../roles/definitions.ts";
import { BudgetSection, PricesSection } from "./budget.ts";
import { CiSecretsSection } from "./ci-secrets.ts";
import { hasTag, lacksTag } from "./image-reference.ts";
import { SessionSection } from "./session-limits.ts";

z.config(z.locales.en());

const text = z.string().check(z.minLength(1, "must not be empty"));

function image(description: string) {
  const params = { hint: lacksTag.hint };
  return text.check(
    z.refine(hasTag, { message: lacksTag.message, params }),
    z.describe(description),
  );
}

/** Bytes as Docker writes them. */
function size(description: string) {
  const isSize = z.regex(sizePattern, "must be a number and k, m or g");
  return z.string().check(isSize, z.describe(description));
}

function positive(description: string) {
  return z.number().check(z.positive(), z.describe(description));
}

function positiveInt(description: string) {
  return z.int().check(z.positive(), z.describe(description));
}

function count(description: string) {
  return z.int().check(z.minimum(0), z.describe(description));
}

/** A program and its arguments. */
function argv(description: string) {
  return z.array(text).check(z.minLength(1), z.describe(description));
}

/** A list in which nothing stands twice. */
function list<T extends z.ZodMiniType>(item: T) {
  return z.array(item).check(
    z.refine((all) => new Set(all).size === all.length, {
      message: "contains an entry twice",
      params: { hint: "name each once" },
    }),
  );
}

const roles = list(z.enum(namesOf(roleTable))).check(
  z.refine((all) => all.length > 0, {
    message: "must name at least one role",
    params: { hint: `write roles = [${JSON.stringify(DEFAULT_ROLE)}], or remove the line` },
  }),
  z.describe("What the bot does"),
);

export const AgentSection = z.strictObject({
  roles: z._default(roles, [DEFAULT_ROLE]),
  harness: z._default(
    z.enum(namesOf(harnesses)).check(z.describe("The program that does the coding")),
    DEFAULT_HARNESS,
  ),
  command: z.optional(argv('Program and arguments; only with harness "command"')),
  base_url: z.optional(z.url().check(z.describe("Base URL of the model's API"))),
  model: z.optional(
    text.check(z.describe("Model name; llama-server ignores it (default: default)")),
  ),
  api_key_env: z.optional(
    text.check(z.describe("Name of the variable in .env that holds the model's key")),
  ),
  forge_user: z.optional(
    text.check(z.describe("The bot's user on the forge (default: the bot's name)")),
  ),
  poll_interval: z._default(
    positive("Seconds between two looks at the forge while there is nothing to do"),
    60,
  ),
  compact_pct: z.optional(
    z
      .int()
      .check(
        z.minimum(1),
        z.maximum(100),
        z.describe(
          'Per cent of the context window at which the harness compacts it (CLAUDE_AUTOCOMPACT_PCT_OVERRIDE); not with harness "command"',
        ),
      ),
  ),
  context: z.optional(
    positiveInt(
      "Tokens that the model holds for one session, where its server does not say; where it does, the smaller of both counts",
    ),
  ),
  slots: z.optional(
    positiveInt(
      "Requests that the model's server takes at once; the same for all bots on one base_url",
    ),
  ),
  image: z.optional(image("The bot's image (default: DISINTO_IMAGE_AGENTS)")),
  memory: z._default(size("Memory limit"), "4g"),
  disk: z.optional(
    size("What its mirrors and work folders may take together before it cleans up (default: 20g)"),
  ),
  cpus: z._default(positive("CPU limit"), 2),
  enabled: z._default(
    z.boolean().check(z.describe("false: the bot is stopped and keeps its volumes")),
    true,
  ),
  limits: z.prefault(SessionSection.check(z.describe("Limits of one session of the harness")), {}),
});
export type AgentSection = z.infer<typeof AgentSection>;

export const CiSection = z.strictObject({
  provider: z._default(
    z.enum(namesOf(ciProviders)).check(z.describe(describeKinds(ciProviders))),
    DEFAULT_CI,
  ),
  required: z._default(
    list(text).check(z.describe("Status contexts that must be green before a merge")),
    [],
  ),
  login: z.optional(
    text.check(
      z.describe(
        "The forge user whose statuses count for bots; anybody else's do not (default: ci with the provider local, else anybody)",
      ),
    ),
  ),
  secrets: z.optional(CiSecretsSection),
  when_absent: z._default(
    z
      .enum(["block", "pass"])
      .check(z.describe("What a project that requires no contexts means for a merge")),
    "block",
  ),
  cache: z.optional(
    size(
      `What runs of the primary branch may leave in CI_CACHE for those after them and for sessions, with the local CI; 0m: nothing (default: ${DEFAULT_CACHE})`,
    ),
  ),
});

function logins(description: string) {
  return z._default(list(text).check(z.describe(description)), []);
}

/** A star stands for what is before a dot; without a port 80 and 443 are meant. */
export const hostPattern = /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*(:\d{1,5})?$/i;

const NetworkSection = z.strictObject({
  allow: z._default(
    list(text.check(z.regex(hostPattern, "must be a host name, without http:// and path"))).check(
      z.describe(
        `Hosts that may be reached, with Docker through the factory's proxy alone: names, \`*.example.org\`, \`host:port\`, and the presets ${Object.keys(networkPresets).join(", ")}`,
      ),
    ),
    [],
  ),
});

export const LimitsSection = z.strictObject({
  ci_fixes: z._default(count("Repairs of a red run before a person is asked"), 3),
  review_rounds: z._default(count("Rounds of requested changes before a person is asked"), 5),
  infrastructure_retries: z._default(
    count("Runs of CI that failed for no fault of the change, before a person is asked"),
    2,
  ),
  merge_attempts: z._default(count("Tries to merge before a person is asked"), 5),
});

/** Prompts stand in the project's file, so that no text of the repository itself can change what its bots are asked. */
const PromptsSection = z.strictObject({
  coding: prompt("coding"),
  review: prompt("review"),
});

function prompt(name: PromptName) {
  const variables = promptVariables[name].map((one) => `{{${one}}}`).join(", ");
  return z.optional(
    text.check(
      z.maxLength(20_000, "must be at most 20000 characters"),
      z.superRefine((template, context) => {
        const message = checkPrompt(name, template);
        if (message !== undefined) context.addIssue({ code: "custom", message });
      }),
      z.describe(`Instead of disinto's own prompts/${name}.md; may name ${variables}`),
    ),
  );
}

export const ProjectFile = z.strictObject({
  name: z.optional(text.check(z.describe("Name of the project (default: the file's name)"))),
  repo: z
    .string()
    .check(
      z.regex(/^[\w.-]+\/[\w.-]+$/, "must be owner/name"),
      z.describe("The repository on the forge, as owner/name"),
    ),
  primary_branch: z._default(
    text.check(z.describe("The branch that pull requests are merged into")),
    "main",
  ),
  branch_prefix: z.optional(
    text.check(
      z.regex(
        /^(?!.*(?:\.\.|\/\/|\/\.|\.lock\/|@\{))[A-Za-z0-9][\w./-]{0,60}$/,
        "must be the beginning of a branch's name",
      ),
      z.describe(
        "What a bot's branch is called before the issue's number (default: fix/issue-); set it before the first issue is taken",
      ),
    ),
  ),
  forge_url: z.optional(
    z
      .url({ protocol: /^https?$/ })
      .check(
        z.describe(
          "Your address of the forge, where .env does not set FORGE_URL; a factory has one forge, so all projects agree",
        ),
      ),
  ),
  image: z.optional(
    image("Image of the bots that work on this project (default: DISINTO_IMAGE_AGENTS)"),
  ),
  test_command: z.optional(
    argv(
      "Program and arguments that test the primary branch; disinto doctor runs it where the CI and the bots do",
    ),
  ),
  trusted_authors: logins(
    "Forge users whose issues bots take, beside those who may write code in the repository; anybody else's issue waits for the label disinto/approved",
  ),
  maintainers: logins(
    "Forge users who may push to the primary branch, approve and merge, beside the owner and the administrator; an account of the factory never may push",
  ),
  protected_paths: z._default(
    list(text.check(z.regex(/^[^;]*$/, "must not contain a semicolon"))).check(
      z.describe(
        "Patterns of paths (`.woodpecker/**`); a pull request that touches one is merged by an administrator by hand",
      ),
    ),
    [],
  ),
  ci: z.prefault(CiSection.check(z.describe("What must be green before a merge")), {}),
  limits: z.prefault(
    LimitsSection.check(z.describe("Budgets of each issue; they survive restarts")),
    {},
  ),
  network: z.prefault(
    NetworkSection.check(z.describe("The way out of sessions and of runs of the CI")),
    {},
  ),
  prompts: z.prefault(
    PromptsSection.check(z.describe("What sessions on this project are asked")),
    {},
  ),
  budget: z.optional(
    BudgetSection.check(z.describe("What all bots may spend on the project, together")),
  ),
  prices: z.optional(PricesSection.check(z.describe("What models cost, by their names"))),
  agents: z._default(z.record(z.string(), AgentSection).check(z.describe("Bots, by name")), {}),
});
export type ProjectFile = z.infer<typeof ProjectFile>;
