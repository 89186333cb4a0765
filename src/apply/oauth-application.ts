/** Registers Woodpecker at the forge, once; what works is kept. */

import {
  applicationKeys,
  type DesiredApplication,
  type ObservedApplication,
} from "../ci/woodpecker/oauth-application.ts";
import type { SecretStore } from "../config/secret-store.ts";
import type { ForgeAdmin } from "../ports/forge-admin.ts";

interface ApplicationTools {
  readonly forge: Pick<ForgeAdmin, "applications">;
  readonly secrets: SecretStore;
}

export async function observeApplication({
  forge,
  secrets,
}: ApplicationTools): Promise<ObservedApplication> {
  const client = secrets.get(applicationKeys.client);
  const known = client === undefined ? [] : await forge.applications.list();
  return {
    redirectUris: known.find(({ clientId }) => clientId === client)?.redirectUris,
    hasSecret: secrets.get(applicationKeys.secret) !== undefined,
    hasAgentSecret: secrets.get(applicationKeys.agent) !== undefined,
  };
}

/** One of the same name is ours, as a killed run leaves it: it is changed, and no second one is made. */
export async function registerApplication(
  { forge, secrets }: ApplicationTools,
  { name, redirectUri }: DesiredApplication,
): Promise<void> {
  const client = secrets.get(applicationKeys.client);
  const known = await forge.applications.list();
  const own =
    known.find((one) => one.clientId === client) ?? known.find((one) => one.name === name);
  const saved = await forge.applications.save({ name, redirectUris: [redirectUri] }, own?.id);
  await secrets.set({
    [applicationKeys.client]: saved.clientId,
    [applicationKeys.secret]: saved.secret,
  });
}
