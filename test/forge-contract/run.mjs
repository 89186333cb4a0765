/** Runs the contract against a server: `--url URL --admin-user NAME --admin-password-file FILE`, or without on its own. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const text = { type: "string" };
const { values } = parseArgs({
  options: { url: text, "admin-user": text, "admin-password-file": text },
});

const given = {
  DISINTO_CONTRACT_URL: values.url,
  DISINTO_CONTRACT_ADMIN: values["admin-user"],
  DISINTO_CONTRACT_PASSWORD_FILE: values["admin-password-file"],
};
const present = Object.entries(given).filter(([, value]) => value !== undefined);
if (present.length !== 0 && present.length !== 3) {
  process.stderr.write("--url, --admin-user and --admin-password-file go together\n");
  process.exit(2);
}

const checkout = fileURLToPath(new URL("../../", import.meta.url));
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const args = [vitest, "run", "--reporter=verbose", "test/forge-contract/contract.test.ts"];
const env = { ...process.env, ...Object.fromEntries(present) };
const { status } = spawnSync(process.execPath, args, { cwd: checkout, env, stdio: "inherit" });
process.exit(status === 0 ? 0 : 1);
