import type { ForgeDefinition } from "../definitions.ts";

/** It runs elsewhere, and disinto renders no service for it. */
export const externalForge: ForgeDefinition = {
  meaning: "one that runs elsewhere at FORGE_URL",
  label: "a Forgejo that runs already",
};
