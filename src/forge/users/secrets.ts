/** Passwords and tokens: made here, stored only as hashes. */
import { createHash, createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const keyBytes = 32;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, keyBytes);
  return `scrypt$${salt.toString("hex")}$${key.toString("hex")}`;
}

async function matches(password: string, hash: string): Promise<boolean> {
  const [, salt, key] = hash.split("$");
  if (salt === undefined || key === undefined) return false;
  const derived = await derive(password, Buffer.from(salt, "hex"), keyBytes);
  return timingSafeEqual(derived, Buffer.from(key, "hex"));
}

/** git sends the password with each request; what once matched is remembered as a keyed digest, never as text. */
export class PasswordChecker {
  readonly #key = randomBytes(32);
  readonly #proven = new Set<string>();
  #absent: string | undefined;

  /** Right before: it costs nothing to say so again. */
  isProven(password: string, hash: string | undefined): boolean {
    return this.#proven.has(this.#digestOf(password, hash));
  }

  #digestOf(password: string, hash: string | undefined): string {
    return createHmac("sha256", this.#key).update(`${hash}\0${password}`).digest("hex");
  }

  /** Undefined stands for the hash of a user who does not exist: refused after the same time. */
  async check(password: string, hash: string | undefined): Promise<boolean> {
    const digest = this.#digestOf(password, hash);
    if (this.#proven.has(digest)) return true;
    this.#absent ??= await hashPassword(randomBytes(16).toString("hex"));
    if (!(await matches(password, hash ?? this.#absent)) || hash === undefined) return false;
    if (this.#proven.size >= 1000) this.#proven.clear();
    this.#proven.add(digest);
    return true;
  }
}

/** 40 hexadecimal digits, as Forgejo's access tokens. */
export function newToken(): string {
  return randomBytes(20).toString("hex");
}

/** A token has full entropy, so a plain digest is enough and can be looked up. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

const passwordLetters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

export function randomPassword(length = 20): string {
  const letters: string[] = [];
  while (letters.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 228 && letters.length < length) letters.push(passwordLetters[byte % 57] ?? "");
    }
  }
  return letters.join("");
}
