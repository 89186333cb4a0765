import { expect, test } from "vitest";
import { locateSubmodule } from "./submodules.ts";

const origins = {
  repository: "http://forge:3000/ada/shop.git",
  forge: ["http://forge:3000", "https://code.example.org"],
};

test.each([
  ["../lib.git", "http://forge:3000/ada/lib.git", true],
  ["../../bob/lib", "http://forge:3000/bob/lib", true],
  ["http://forge:3000/bob/lib.git", "http://forge:3000/bob/lib.git", true],
  ["https://code.example.org/bob/lib.git", "http://forge:3000/bob/lib.git", true],
  ["https://github.com/x/y", "https://github.com/x/y", false],
])("a submodule at %s is asked for at %s", (url, where, isForge) => {
  expect(locateSubmodule({ url }, origins)).toEqual({ url: where, isForge });
});

test.each([
  ["../lib.git", "http://forge:3000/git/ada/lib.git", true],
  ["https://code.example.org/git/bob/lib", "http://forge:3000/git/bob/lib", true],
  ["https://code.example.org/wiki/bob/lib", "https://code.example.org/wiki/bob/lib", false],
])("below a forge under a path %s is asked for at %s", (url, where, isForge) => {
  const repository = "http://forge:3000/git/ada/shop.git";
  const forge = ["https://code.example.org/git"];

  expect(locateSubmodule({ url }, { repository, forge })).toEqual({ url: where, isForge });
});

test.each([
  "git@github.com:x/y.git",
  "ssh://git@forge:3000/x/y",
  "file:///etc",
  "/srv/git/x.git",
  "http://elsewhere/x.git",
  "https://user:secret@github.com/x/y",
  "ext::sh -c touch% /tmp/x",
  "--upload-pack=x",
])("a submodule at %s is not asked for", (url) => {
  expect(locateSubmodule({ url }, origins)).toHaveProperty("refused");
});
