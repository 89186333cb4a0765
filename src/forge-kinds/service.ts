/** Name of the service of a forge that disinto runs, whichever kind it is; its host in the factory's network. */
export const FORGE_SERVICE = "forgejo";
