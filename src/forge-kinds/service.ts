/** The service of a forge that disinto runs, whichever kind it is. */

/** Its name, and its host in the factory's network. */
export const FORGE_SERVICE = "forgejo";
export const FORGE_PORT = 3000;
export const FORGE_HOST = `${FORGE_SERVICE}:${FORGE_PORT}`;
