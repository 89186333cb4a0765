/** What a person does at a real Forgejo and an embedded forge does not offer: keys, and applications allowed to act for one. */
import { generateKeyPairSync } from "node:crypto";

/** A new Ed25519 key as a line of authorized_keys (RFC 8709). */
export function newSshKey(): string {
  const { x = "" } = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const parts = [Buffer.from("ssh-ed25519"), Buffer.from(x, "base64url")];
  const framed = parts.flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return [length, part];
  });
  return `ssh-ed25519 ${Buffer.concat(framed).toString("base64")} test`;
}

interface Person {
  readonly login: string;
  readonly password: string;
}

/** Signs in with a browser's requests and lets the application act as the person. */
export async function allowApplication(
  url: string,
  { login, password }: Person,
  { clientId, redirectUri }: { readonly clientId: string; readonly redirectUri: string },
): Promise<void> {
  const cookies = new Map<string, string>();
  const go = async (route: string, form?: Record<string, string>) => {
    const csrf = cookies.get("_csrf");
    const fields = form && { ...(csrf && { _csrf: decodeURIComponent(csrf) }), ...form };
    const answer = await fetch(`${url}${route}`, {
      method: form ? "POST" : "GET",
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(fields && { body: new URLSearchParams(fields) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return { status: answer.status, location: answer.headers.get("location") ?? "" };
  };
  await go("/user/login");
  await go("/user/login", { user_name: login, password });
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: "code",
    state: "s",
  });
  await go(`/login/oauth/authorize?${query}`);
  const form = { client_id: clientId, redirect_uri: redirectUri, state: "s", scope: "", nonce: "" };
  const { location } = await go("/login/oauth/grant", { ...form, granted: "true" });
  if (!location.includes("code=")) throw new Error(`not allowed: ${location}`);
}
