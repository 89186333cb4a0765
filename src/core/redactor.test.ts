import fc from "fast-check";
import { expect, test } from "vitest";
import { Redactor } from "./redactor.ts";

function knowing(secrets: Readonly<Record<string, string>>): Redactor {
  const redactor = new Redactor();
  redactor.learn(Object.entries(secrets));
  return redactor;
}

test("a secret is replaced by the name of its variable, wherever it stands", () => {
  const { redact } = knowing({ FORGE_TOKEN_ADA: "0123abcd", FORGE_PASS_ADA: "p$(x).*" });

  expect(redact("tried 0123abcd, then p$(x).* again 0123abcd")).toBe(
    "tried [FORGE_TOKEN_ADA], then [FORGE_PASS_ADA] again [FORGE_TOKEN_ADA]",
  );
});

test("a secret that begins with another one is replaced as a whole", () => {
  const { redact } = knowing({ SHORT_KEY: "abcd", LONG_KEY: "abcdefgh" });

  expect(redact("abcdefgh abcd")).toBe("[LONG_KEY] [SHORT_KEY]");
});

test("each line of a secret with several lines is one", () => {
  const { redact } = knowing({ SSH_KEY: "-----BEGIN-----\nMIIEpAIBAAK\n-----END-----\n" });

  expect(redact("line 2: MIIEpAIBAAK")).toBe("line 2: [SSH_KEY]");
});

test("no value it has learnt is left in any text, bare, in JSON or in a URL", () => {
  const secret = fc.string({ unit: "grapheme", minLength: 6, maxLength: 40 });
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      fc.pre(!"[THE_SECRET]".includes(value) && !before.includes(value) && !after.includes(value));
      const { redact } = knowing({ THE_SECRET: value });

      expect(redact(`${before}\0${value}\0${after}`)).not.toContain(value);
      expect(redact(JSON.stringify({ before, value }))).not.toContain(
        JSON.stringify(value).slice(1, -1),
      );
      expect(redact(`http://x/?q=${encodeURIComponent(value)}`)).toBe("http://x/?q=[THE_SECRET]");
    }),
  );
});

test("texts without secrets come through unchanged", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(new Redactor().redact(text)).toBe(text);
    }),
  );
});
