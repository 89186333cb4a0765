import fc from "fast-check";
import { expect, test } from "vitest";
import { deriveBackend, formatBackendAddress, formatBackendName } from "./backend.ts";

const letters = fc.constantFrom(..."aB0-_.:/~^?*[\\ u%@{}éΩ日😀\n");
const backends = fc.array(letters, { minLength: 1, maxLength: 6 }).map((all) => all.join(""));

test("a backend is a readable component of a ref's name", () => {
  const name = formatBackendName(
    deriveBackend({ baseUrl: "HTTP://Model:8080/v1/", harness: "opencode" }),
  );

  expect(name).toBe("http_3a_2f_2fmodel_3a8080");
  expect(formatBackendAddress(name)).toBe("http://model:8080");
});

test("one server is one backend, however its address is spelled", () => {
  const spellings = ["http://model", "HTTP://Model:80/", "http://model/v1", "http://model:80/v1/"];
  const local = ["http://localhost:8080/v1", "http://127.0.0.1:8080"];
  const derive = (baseUrl: string) => deriveBackend({ baseUrl, harness: "opencode" });

  expect(new Set(spellings.map(derive))).toEqual(new Set(["http://model"]));
  expect(new Set(local.map(derive)).size).toBe(1);
  expect(derive("http://model/a/v1")).toBe("http://model/a");
});

test("whatever a backend is called, git takes its name, and no two backends share one", () => {
  fc.assert(
    fc.property(fc.uniqueArray(backends, { minLength: 2 }), (all) => {
      const names = all.map(formatBackendName);
      return new Set(names).size === all.length && names.every((name) => /^[\w-]+$/.test(name));
    }),
  );
});
