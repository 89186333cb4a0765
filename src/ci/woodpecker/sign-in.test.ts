import { afterEach, expect, test } from "vitest";
import { type SignInPages, serveSignInPages } from "../../../test/support/sign-in-pages.ts";
import { signIn } from "./sign-in.ts";

const account = { login: "disinto-ci", password: "right" };
let pages: SignInPages | undefined;

afterEach(() => pages?.close());

async function attempt(
  version: 11 | 15,
  password: string,
  admitted?: readonly string[],
): Promise<string> {
  pages = await serveSignInPages({ version, account, ...(admitted && { admitted }) });
  const { ci, forge } = pages;
  return signIn({ ci, forge, credentials: { login: account.login, password } });
}

test("an account is signed in by the pages of either Forgejo, and its token is read", async () => {
  for (const version of [11, 15] as const) {
    expect(await attempt(version, "right")).toBe("token-of-disinto-ci");
    expect(pages?.seen).toEqual([
      "GET /authorize",
      "GET /login/oauth/authorize",
      "GET /user/login",
      "POST /user/login",
      "GET /login/oauth/authorize",
      "POST /login/oauth/grant",
      "GET /authorize",
      "GET /web-config.js",
      "POST /api/user/token",
    ]);
    pages?.close();
  }
});

test("the second time nobody is asked whether Woodpecker may", async () => {
  await attempt(15, "right");
  const { ci = "", forge = "" } = pages ?? {};
  await signIn({ ci, forge, credentials: account });

  expect(pages?.seen.filter((one) => one === "POST /login/oauth/grant")).toHaveLength(1);
});

test("a password that the forge refuses is said to be that, and is tried once", async () => {
  await expect(attempt(15, "wrong")).rejects.toMatchObject({ code: "credentials.wrong" });
  expect(pages?.seen.filter((one) => one === "POST /user/login")).toHaveLength(1);
});

test("an account that Woodpecker does not admit is told in its words", async () => {
  await expect(attempt(11, "right", ["somebody"])).rejects.toThrow(
    "Woodpecker answered registration_closed",
  );
});

test("a server that is neither of the two gets no request, and so no password", async () => {
  pages = await serveSignInPages({ version: 15, account });
  const { ci, forge } = pages;
  const elsewhere = forge.replace("127.0.0.1", "localhost");

  await expect(signIn({ ci, forge: elsewhere, credentials: account })).rejects.toThrow(
    `it was sent to ${forge}`,
  );
  expect(pages.seen).toEqual(["GET /authorize"]);
});
