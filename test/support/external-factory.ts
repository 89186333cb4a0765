/** A factory with names of its own on a forge that many share, so that its end state can be compared with another's. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { buildForgeAdmin } from "../../src/adapters/forgejo/forge-admin.ts";
import { setEnvironment } from "../../src/config/env-file.ts";
import { loadEnvironment } from "../../src/config/load.ts";

export interface ExternalFactory {
  readonly folder: string;
  /** Set in all its names. */
  readonly mark: string;
}

interface Setup {
  readonly root: string;
  readonly mark: string;
  readonly url: string;
  readonly password: string;
}

const backend = "http://127.0.0.1:1";

/** One bot that codes and one that reviews, on the project `<mark>-shop`, of which nothing is on the forge yet. */
export async function createExternalFactory({
  root,
  mark,
  url,
  password,
}: Setup): Promise<ExternalFactory> {
  const folder = path.join(root, mark);
  await mkdir(path.join(folder, "projects"), { recursive: true });
  await setEnvironment(folder, {
    DISINTO_NAME: mark,
    DISINTO_ENGINE: "local",
    DISINTO_FORGE: "external",
    FORGE_URL: url,
    FORGE_ADMIN_USER: "root",
    FORGE_ADMIN_PASS: password,
    LLAMA_BOTS: `${mark}-ada`,
    LLAMA_BASE_URL: backend,
  });
  const project = [
    `repo = "root/${mark}-shop"`,
    "[ci]",
    'provider = "external"',
    `[agents.${mark}-rev]`,
    'roles = ["review"]',
    `base_url = "${backend}"`,
  ];
  await writeFile(path.join(folder, "projects", `${mark}-shop.toml`), `${project.join("\n")}\n`);
  return { folder, mark };
}

/** Files and forge, with the mark and every secret taken out; whether each credential works is told. */
export async function describeEndState(
  { folder, mark }: ExternalFactory,
  { url, password }: Pick<Setup, "url" | "password">,
): Promise<string> {
  const admin = { login: "root", password };
  const forge = buildForgeAdmin({ url, admin });
  const environment = await loadEnvironment(folder);
  const repo = { owner: "root", name: `${mark}-shop` };
  const logins = ["ada", "rev", "new"].map((name) => `${mark}-${name}`);
  const users = await Promise.all(
    logins.map(async (login) => {
      const suffix = login.toUpperCase().replaceAll("-", "_");
      const token = environment.get(`FORGE_TOKEN_${suffix}`) ?? "";
      const secret = environment.get(`FORGE_PASS_${suffix}`) ?? "";
      const user = await forge.users.find(login);
      return {
        login,
        user: user && {
          ...user,
          mark: user.mark === `disinto:${environment.get("DISINTO_FACTORY_ID")}`,
        },
        tokens: user && (await forge.tokens.list(login)).map(({ name }) => name),
        byToken: await forge.users.loginOf({ token }, { login, repo }),
        byPassword: await forge.users.loginOf({ login, password: secret }),
        access: user && (await forge.repositories.access(repo, login)),
      };
    }),
  );
  const names = (await readdir(folder, { recursive: true })).filter((name) =>
    /^projects\//.test(name),
  );
  const seen = {
    keys: [...environment.keys()].sort(),
    bots: environment.get("LLAMA_BOTS"),
    projects: await Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8"))),
    users,
    repository: await forge.repositories.find(repo),
    labels: (await forge.labels.list(repo)).map(({ name }) => name).sort(),
    protection: await forge.repositories.protection(repo, "main"),
    factory: await forge.repositories.find({ owner: "root", name: `${mark}-factory` }),
  };
  return JSON.stringify(seen, undefined, 1).replaceAll(new RegExp(mark, "gi"), "w");
}
