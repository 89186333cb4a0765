/** The address by which people know the forge, for services that reach it by another one. */
export const FORGE_ANNOUNCED_KEY = "FORGE_ANNOUNCED_URL";
