/** What may stand in `projects/<name>.toml`. The descriptions are the configuration reference. */
import * as z from "zod";
import { checkPrompt, type PromptName, promptVariables } from "../core/prompt-template.ts";
import { hasTag, lacksTag } from "./image-reference.ts";

const text = z.string().min(1, "must not be empty");
const image = text.refine(hasTag, {
  message: lacksTag.message,
  params: { hint: lacksTag.hint },
});

/** A list in which nothing stands twice. */
function list<T extends z.ZodType>(item: T) {
  return z.array(item).refine((all) => new Set(all).size === all.length, {
    message: "holds an entry twice",
    params: { hint: "name each once" },
  });
}

const role = z.enum(["dev", "review"]);

/** TOML knows no other way to say "no limit" than to leave the key out, so the two that guard have defaults. */
const SessionSection = z.strictObject({
  minutes: z
    .number()
    .positive()
    .default(120)
    .describe("Minutes after which a session of the harness is ended, coding or reviewing"),
  silence: z
    .number()
    .positive()
    .default(30)
    .describe("Minutes without output after which a session is ended"),
  turns: z
    .int()
    .positive()
    .optional()
    .describe(
      "Turns of the model in one session, for harnesses that count them; a command is told in DISINTO_MAX_TURNS",
    ),
  tokens: z
    .int()
    .positive()
    .optional()
    .describe(
      "Tokens in and out in one session, for harnesses that count them; a command is told in DISINTO_MAX_TOKENS",
    ),
  money: z
    .number()
    .positive()
    .optional()
    .describe(
      "US dollars in one session, for harnesses that count them; a command is told in DISINTO_MAX_MONEY",
    ),
});

export const AgentSection = z.strictObject({
  roles: list(role)
    .refine((roles) => roles.length > 0, {
      message: "must name at least one role",
      params: { hint: 'write roles = ["dev"], or remove the line' },
    })
    .default(["dev"])
    .describe("What the bot does"),
  harness: z
    .enum(["claude-code", "opencode", "command"])
    .default("claude-code")
    .describe("The program that does the coding"),
  command: z
    .array(text)
    .min(1)
    .optional()
    .describe('Program and arguments; only with harness "command"'),
  base_url: z.url().optional().describe("Base URL of the model's API"),
  model: text.optional().describe("Model name; llama-server ignores it (default: default)"),
  api_key_env: text.optional().describe("Name of the variable in .env that holds the model's key"),
  forge_user: text.optional().describe("The bot's user on the forge (default: the bot's name)"),
  poll_interval: z
    .number()
    .positive()
    .default(60)
    .describe("Seconds between two looks at the forge while there is nothing to do"),
  compact_pct: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Per cent of the context window at which the harness compacts it (CLAUDE_AUTOCOMPACT_PCT_OVERRIDE); not with harness "command"',
    ),
  slots: z
    .int()
    .positive()
    .optional()
    .describe(
      "Requests that the model's server takes at once; the same for all bots on one base_url",
    ),
  image: image.optional().describe("The bot's image (default: DISINTO_IMAGE_AGENTS)"),
  memory: z
    .string()
    .regex(/^\d+(\.\d+)?[kmg]$/, "must be a number and k, m or g")
    .default("4g")
    .describe("Memory limit"),
  disk: z
    .string()
    .regex(/^\d+(\.\d+)?[kmg]$/, "must be a number and k, m or g")
    .optional()
    .describe(
      "What its mirrors and work folders may take together before it cleans up (default: 20g)",
    ),
  cpus: z.number().positive().default(2).describe("CPU limit"),
  enabled: z.boolean().default(true).describe("false: the bot is stopped and keeps its volumes"),
  limits: SessionSection.prefault({}).describe("Limits of one session of the harness"),
});
export type AgentSection = z.infer<typeof AgentSection>;

const CiSection = z.strictObject({
  provider: z
    .enum(["local", "woodpecker", "external"])
    .default("local")
    .describe(
      "local: our own small service runs the steps; woodpecker: Woodpecker does; external: somebody else posts statuses",
    ),
  required: list(text).default([]).describe("Status contexts that must be green before a merge"),
  when_absent: z
    .enum(["block", "pass"])
    .default("block")
    .describe("What a commit without any status means for a merge"),
});

const count = z.int().min(0);

const LimitsSection = z.strictObject({
  ci_fixes: count.default(3).describe("Repairs of a red run before a person is asked"),
  review_rounds: count.default(5).describe("Rounds of requested changes before a person is asked"),
  infrastructure_retries: count
    .default(2)
    .describe("Runs of CI that failed for no fault of the change, before a person is asked"),
  merge_attempts: count.default(5).describe("Tries to merge before a person is asked"),
});

/** In one file with the rest, so that no text of the repository itself can change what its bots are asked. */
const PromptsSection = z.strictObject({
  coding: prompt("coding"),
  review: prompt("review"),
});

function prompt(name: PromptName) {
  return text
    .max(20_000, "must be at most 20000 characters")
    .superRefine((template, context) => {
      const message = checkPrompt(name, template);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .optional()
    .describe(
      `Instead of disinto's own prompts/${name}.md; may name ${promptVariables[name].map((one) => `{{${one}}}`).join(", ")}`,
    );
}

export const ProjectFile = z.strictObject({
  name: text.optional().describe("Name of the project (default: the file's name)"),
  repo: z
    .string()
    .regex(/^[\w.-]+\/[\w.-]+$/, "must be owner/name")
    .describe("The repository on the forge, as owner/name"),
  primary_branch: text.default("main").describe("The branch that pull requests are merged into"),
  forge_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      "Your address of the forge, where .env does not set FORGE_URL; a factory has one forge, so all projects agree",
    ),
  image: image
    .optional()
    .describe("Image of the bots that work on this project (default: DISINTO_IMAGE_AGENTS)"),
  test_command: z
    .array(text)
    .min(1)
    .optional()
    .describe(
      "Program and arguments that test the primary branch; disinto doctor runs it in the bots' image",
    ),
  trusted_authors: list(text)
    .default([])
    .describe(
      "Forge users whose issues bots take, beside those who may write code in the repository; anybody else's issue waits for the label disinto/approved",
    ),
  protected_paths: list(text.regex(/^[^;]*$/, "must hold no semicolon"))
    .default([])
    .describe(
      "Patterns of paths (`.woodpecker/**`); a pull request that touches one is merged by an administrator by hand",
    ),
  ci: CiSection.prefault({}).describe("What must be green before a merge"),
  limits: LimitsSection.prefault({}).describe("Budgets of each issue; they survive restarts"),
  prompts: PromptsSection.prefault({}).describe("What sessions on this project are asked"),
  agents: z.record(z.string(), AgentSection).default({}).describe("Bots, by name"),
});
export type ProjectFile = z.infer<typeof ProjectFile>;
