import { listCiSecrets } from "../../core/ci-secrets.ts";
import { CI_NAME, CI_TOKEN_KEY, deriveCredentialKeys } from "../../core/names.ts";
import { formatProjects } from "../../core/project-task.ts";
import { coreLimits, separating } from "../../core/service.ts";
import { engines } from "../../engines/definitions.ts";
import { env } from "../../settings/env.ts";
import type { CiDefinition } from "../definitions.ts";
import { ciVariables } from "./variables.ts";

const keys = deriveCredentialKeys(CI_NAME);

export const localCi: CiDefinition = {
  meaning: "disinto's own CI service runs the steps",
  needsImages: false,
  stepsImage: ({ images }) => images.agents,
  access: {
    urlKey: "CI_URL",
    tokenKey: CI_TOKEN_KEY,
    url: ({ layout }) => layout.ciUrl,
    isMade: true,
    // It publishes no port where it runs in a container.
    connection: ({ engine }, { layout }) =>
      engines[engine].runsImages
        ? { kind: "service", service: "ci" }
        : { kind: "address", url: layout.ciUrl, tokenKeys: [CI_TOKEN_KEY] },
  },
  mounts: [],
  stepsCaller: { container: (factoryName) => `${factoryName}-ci`, isAlways: true },
  // It runs pushes of the primary branch alone.
  hearsOfWork: ["pull_request"],
  refuse: async (files, facts) => (await import("./refusals.ts")).listRefusals(files, facts),
  expects: async (files, facts) => (await import("./refusals.ts")).listExpectedImages(files, facts),
  hasPages: false,
  needsWebhook: false,
  usualLogin: env.ciLogin.fallback,
  user: ({ ci: { login } }) => ({
    login,
    keys,
    scopes: ["read:user", "write:repository"],
    origin: "the local CI",
    renamedBy: env.ciLogin.key,
  }),
  services: (factory, { layout, addresses }) => {
    const projects = factory.projects.filter(({ ci }) => ci.provider === "local");
    const data = layout.locate("ci", "/home/agent/data");
    const { owner } = engines[factory.engine];
    return [
      {
        name: "ci",
        kind: "core",
        container: `${factory.name}-ci`,
        image: factory.images.agents,
        entrypoint: [],
        args: ["ci", "serve"],
        environment: {
          [ciVariables.bind]: layout.bind,
          [ciVariables.data]: data,
          [ciVariables.port]: String(layout.ciPort),
          [ciVariables.projects]: formatProjects(projects),
          ...(owner !== undefined && { [ciVariables.users]: "separate" }),
          ...(addresses.proxy && { [ciVariables.proxy]: addresses.proxy.internal }),
          ...(addresses.dashboard && { [ciVariables.dashboardUrl]: addresses.dashboard.internal }),
          [ciVariables.forgeUrl]: layout.forgeUrl,
          ...(addresses.forge.announced !== layout.forgeUrl && {
            [ciVariables.forgeAnnounced]: addresses.forge.announced,
          }),
        },
        secrets: {
          [ciVariables.forgeToken]: keys.token,
          ...(addresses.dashboard && { [ciVariables.eventsToken]: ciVariables.eventsToken }),
          ...(factory.ci.hasToken.includes("local") && { [CI_TOKEN_KEY]: CI_TOKEN_KEY }),
          ...Object.fromEntries(
            projects
              .flatMap(listCiSecrets)
              .filter(({ key }) => factory.ci.secretKeys.includes(key))
              .map(({ key }) => [key, key]),
          ),
        },
        volumes: [{ name: "ci-data", path: data, owner }],
        mounts: [],
        ports: [],
        healthCheck: undefined,
        confinement: separating,
        limits: coreLimits,
        enabled: true,
        origin: `CI of project ${projects[0]?.name}`,
      },
    ];
  },
};
