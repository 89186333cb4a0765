/** Variables of the gate's container: told by definition.ts, read by `disinto ci gate`. */
import { serviceSecrets } from "../../settings/service-secrets.ts";

export const gateVariables = {
  url: "WOODPECKER_URL",
  botsToken: serviceSecrets.woodpeckerToken,
  accountToken: serviceSecrets.woodpeckerAccountToken,
} as const;
