/** What a service is told depends on no other bot: a word more in `.env` replaces nobody's container. */
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ciProviders } from "../../src/ci/definitions.ts";
import { checkFiles } from "../../src/config/load.ts";
import { deriveDesired } from "../../src/core/desired.ts";
import { namesOf } from "../../src/core/kinds.ts";
import { engines } from "../../src/engines/definitions.ts";
import { documents } from "../../src/engines/documents.ts";
import { makeFactory } from "../support/factories.ts";

/** Each option with everything it may be; `projects` stands for lines of the project's file. */
const options: Readonly<Record<string, readonly Lines[]>> = {
  engine: namesOf(engines).map((name) => ({ env: `DISINTO_ENGINE=${name}\n` })),
  forge: [
    { env: "FORGE_URL=http://forge.lan:3000\n" },
    { env: "DISINTO_FORGE=forgejo\nFORGE_URL=http://forge.lan:3000\n" },
    { env: "DISINTO_FORGE=external\nFORGE_URL=http://git.lan\n" },
  ],
  ci: namesOf(ciProviders).map((name) => ({
    env: "WOODPECKER_HOST=http://ci.lan:8000\n",
    project: `[ci]\nprovider = "${name}"\n`,
  })),
  tokens: [{}, { env: "CI_TOKEN=a1\nWOODPECKER_TOKEN=b2\nDISINTO_STATUS_TOKEN=c3\n" }],
  slots: [{}, { env: "LLAMA_SLOTS=2\n" }],
  lease: [{}, { env: "DISINTO_LEASE_TERM=60\n" }],
  edge: [{}, { env: "DISINTO_HTTP_PORT=80\nDISINTO_DOMAIN=example.org\n" }],
  shared: [{}, { env: "CLAUDE_SHARED_DIR=/srv/claude\nAGENT_SSH_DIR=/srv/ssh\n" }],
};

interface Lines {
  readonly env?: string;
  readonly project?: string;
}

function combine(): readonly Lines[] {
  return Object.values(options).reduce<readonly Lines[]>(
    (all, choices) =>
      all.flatMap((one) =>
        choices.map(({ env = "", project = "" }) => ({
          env: (one.env ?? "") + env,
          project: (one.project ?? "") + project,
        })),
      ),
    [{}],
  );
}

const ada = '[agents.ada]\nroles = ["review"]\nbase_url = "http://model.lan:8081/"\n';
const bob = '[agents.bob]\nbase_url = "http://model.lan:8081"\nslots = 2\n';

interface Declared extends Lines {
  readonly bots: string;
  readonly sections: string;
}

/** Everything that an engine could tell one service from another by, without where it is declared. */
function describeServices({ env = "", project = "", bots, sections }: Declared) {
  const head = `LLAMA_BOTS=${bots}\nLLAMA_BASE_URL=http://model.lan:8081\n`;
  const text = `repo = "acme/shop"\n${project}${sections}`;
  const factory = makeFactory(head + env, { shop: text });
  const desired = deriveDesired(factory, "/srv/f");
  const document = documents[factory.engine].render(desired, "shop");
  const rendered = parse(document, { merge: true }) as {
    services: Readonly<Record<string, unknown>>;
  };
  return new Map(
    desired.services.map(({ origin: _, ...service }) => [
      service.name,
      { service, rendered: rendered.services[service.name] },
    ]),
  );
}

function isAllowed({ env = "", project = "" }: Lines): boolean {
  const head = `LLAMA_BOTS=a\nLLAMA_BASE_URL=http://model.lan:8081\n${env}`;
  const file = { file: "projects/shop.toml", text: `repo = "acme/shop"\n${project}` };
  return checkFiles({ env: head, projects: [file] }, "0.1.0").loaded !== undefined;
}

test("a bot more changes no service that is there, whatever else is set", () => {
  const allowed = combine().filter(isAllowed);

  expect(allowed.length).toBeGreaterThan(200);
  for (const lines of allowed) {
    const before = describeServices({ ...lines, bots: "a", sections: ada });
    const more = describeServices({ ...lines, bots: '"a c b-2"', sections: ada + bob });

    for (const [name, service] of before) expect(more.get(name)).toEqual(service);
  }
});
