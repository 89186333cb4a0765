/** A forge as a process of its own, which may be killed, with one repository and a work tree of it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAccount, generateAccessToken } from "../../src/forge/users/admin.ts";
import { type Built, buildForge, type ForgeProcess, spawnForge } from "./built-forge.ts";
import { type Call, caller } from "./test-forge.ts";
import { WorkTree } from "./work-tree.ts";

export class RepositoryForge {
  /** The path of the repository, below `/api/v1`. */
  readonly path = "/repos/root/work";
  readonly folder: string;
  readonly token: string;
  readonly admin: Call;
  readonly tree: WorkTree;
  forge: ForgeProcess;
  readonly #built: Built;

  private constructor(
    own: Pick<RepositoryForge, "folder" | "token" | "tree" | "forge">,
    built: Built,
  ) {
    this.folder = own.folder;
    this.token = own.token;
    this.tree = own.tree;
    this.forge = own.forge;
    this.admin = caller(own.forge.url, `token ${own.token}`);
    this.#built = built;
  }

  static async start(): Promise<RepositoryForge> {
    const built = await buildForge();
    const folder = await mkdtemp(join(tmpdir(), "disinto-forge-"));
    const account = { username: "root", email: "root@example.com", admin: true };
    await createAccount(folder, { ...account, password: "a long password" });
    const wanted = { username: "root", name: "tests", scopes: ["all"], raw: true };
    const [token = ""] = await generateAccessToken(folder, wanted);
    const forge = await spawnForge(built, { folder, port: 0 });
    const tree = await WorkTree.create();
    const started = new RepositoryForge({ folder, token, tree, forge }, built);
    await started.admin("POST", "/user/repos", { name: "work" });
    await tree.commit("README.md", "hello\n");
    await tree.git("push", "-q", started.remote, "main");
    return started;
  }

  get remote(): string {
    return `${this.forge.url.replace("://", `://x:${this.token}@`)}/root/work.git`;
  }

  /** After it was killed: on the same port. */
  async restart(): Promise<void> {
    this.forge = await spawnForge(this.#built, { folder: this.folder, port: this.forge.port });
  }

  async close(): Promise<void> {
    await this.forge.kill();
    await this.#built.remove();
    await rm(this.folder, { recursive: true, force: true });
    await this.tree.remove();
  }
}
