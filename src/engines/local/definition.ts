import type { EngineDefinition } from "../definitions.ts";

/** Below the factory's folder: one folder for each service. */
export const LOCAL_STATE_FOLDER = ".disinto/local";

export const localEngine: EngineDefinition = {
  meaning: "child processes, for trying it out without Docker",
  label: "processes of this machine",
  hint: "for trying it out, no Docker",
  runsImages: false,
  caution:
    "without Docker, agents and CI steps run as you, and can read and change whatever you can (docs/security.md)",
  owner: undefined,
  hostAddress: "127.0.0.1",
  /** Child processes share the host's ports, so bots have none, and the CI takes any. */
  layout: ({ bind, port }, folder) => ({
    bind,
    forgePort: port,
    healthPort: undefined,
    ciPort: 0,
    locate: (service, path) =>
      `${folder}/${LOCAL_STATE_FOLDER}/${service}/${path.split("/").at(-1)}`,
  }),
};
