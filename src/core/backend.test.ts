import fc from "fast-check";
import { expect, test } from "vitest";
import { deriveBackend, formatBackendName } from "./backend.ts";

const letters = fc.constantFrom(..."aB0-_.:/~^?*[\\ u%@{}éΩ日😀\n");
const backends = fc.array(letters, { minLength: 1, maxLength: 6 }).map((all) => all.join(""));

test("a backend is a readable component of a ref's name", () => {
  const name = formatBackendName(
    deriveBackend({ baseUrl: "HTTP://Model:8080/v1/", harness: "opencode" }),
  );

  expect(name).toBe("http_3a_2f_2fmodel_3a8080_2fv1");
});

test("whatever a backend is called, git takes its name, and no two backends share one", () => {
  fc.assert(
    fc.property(fc.uniqueArray(backends, { minLength: 2 }), (all) => {
      const names = all.map(formatBackendName);
      return new Set(names).size === all.length && names.every((name) => /^[\w-]+$/.test(name));
    }),
  );
});
