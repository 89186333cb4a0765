import { CI_ADDRESS_FILE } from "../../core/layout.ts";
import type { EngineDefinition } from "../definitions.ts";

/** Below the factory's folder: one folder for each service. */
export const LOCAL_STATE_FOLDER = ".disinto/local";

/** Child processes share the host's ports, so bots have none, and the CI takes any and writes it down. */
export const localEngine: EngineDefinition = {
  meaning: "child processes, for trying it out without Docker",
  label: "processes of this machine",
  hint: "for trying it out, no Docker",
  runsImages: false,
  hostAddress: "127.0.0.1",
  layout: ({ forge }, folder) => {
    const locate = (service: string, path: string) =>
      `${folder}/${LOCAL_STATE_FOLDER}/${service}/${path.split("/").at(-1)}`;
    return {
      forgeUrl: forge.url,
      bind: forge.bind,
      forgePort: forge.port,
      healthPort: undefined,
      ciUrl: `file://${encodeURI(locate("ci", "/data"))}/${CI_ADDRESS_FILE}`,
      ciPort: 0,
      locate,
    };
  },
};
