import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isSecretKey, readSecrets } from "./secret-keys.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "secret-keys-"));
});

afterEach(() => rm(folder, { recursive: true }));

test("a variable is a secret by what disinto knows of it, else by its name", () => {
  const names = ["FORGE_ADMIN_PASS", "LLAMA_API_KEY", "FORGE_TOKEN_DEV_QWEN", "OPENAI_KEY"];

  expect(names.filter(isSecretKey)).toEqual(names);
  expect(
    ["LLAMA_BOTS", "FORGE_URL", "DISINTO_IMAGE_TAG", "KEYBOARD", "TZ"].filter(isSecretKey),
  ).toEqual([]);
});

test("a variable that api_key_env names is a secret whatever its name", async () => {
  await mkdir(join(folder, "projects"));
  await writeFile(join(folder, ".env"), "MODEL_ACCESS=s3cret-value\nLLAMA_BOTS=ada\n");
  await writeFile(join(folder, "projects/x.toml"), '[agents.ada]\napi_key_env = "MODEL_ACCESS"\n');

  expect([...(await readSecrets(folder)).keys()]).toEqual(["MODEL_ACCESS"]);
});

test("a mistake in a file lets no secret out: those above it in .env are still known", async () => {
  await mkdir(join(folder, "projects"));
  await writeFile(join(folder, ".env"), 'A_TOKEN=first-value\nB_TOKEN="no end\n');
  await writeFile(join(folder, "projects/x.toml"), "[agents.");

  expect((await readSecrets(folder)).get("A_TOKEN")).toBe("first-value");
});
