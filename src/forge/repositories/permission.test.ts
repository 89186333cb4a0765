import { expect, test } from "vitest";
import { ForgeRows } from "../../../test/support/forge-rows.ts";
import { accessLevels, accessOf, allows, ownAccessOf } from "./permission.ts";

test("a level allows itself and what is below it, and nothing above", () => {
  const allowed = accessLevels.map((access) =>
    accessLevels.filter((needed) => allows(access, needed)),
  );

  expect(allowed).toEqual([
    ["none"],
    ["none", "read"],
    ["none", "read", "write"],
    ["none", "read", "write", "admin"],
    ["none", "read", "write", "admin", "owner"],
  ]);
});

test.each([
  ["nobody", "none", "read"],
  ["owner", "owner", "owner"],
  ["administrator", "none", "read"],
  ["reader", "read", "read"],
  ["writer", "write", "write"],
  ["keeper", "admin", "admin"],
  ["stranger", "none", "read"],
  ["restricted", "none", "none"],
  ["restricted writer", "write", "write"],
] as const)("%s has %s in a private and %s in a public repository", (who, inPrivate, inPublic) => {
  const rows = new ForgeRows();
  const owner = rows.user();
  const people = {
    nobody: undefined,
    owner,
    administrator: rows.user({ admin: 1 }),
    reader: rows.user(),
    writer: rows.user(),
    keeper: rows.user(),
    stranger: rows.user(),
    restricted: rows.user({ restricted: 1 }),
    "restricted writer": rows.user({ restricted: 1 }),
  };
  const both = [true, false].map((isPrivate) => rows.repository(owner, isPrivate));
  for (const repository of both) {
    rows.collaborator(repository, people.reader, "read");
    rows.collaborator(repository, people.writer, "write");
    rows.collaborator(repository, people.keeper, "admin");
    rows.collaborator(repository, people["restricted writer"], "write");
  }
  // What somebody may elsewhere is nothing here.
  rows.collaborator(rows.repository(owner), people.stranger, "admin");

  expect(both.map((one) => ownAccessOf(rows.db, one, people[who]))).toEqual([inPrivate, inPublic]);
  const everywhere = who === "administrator" ? ["owner", "owner"] : [inPrivate, inPublic];
  expect(both.map((one) => accessOf(rows.db, one, people[who]))).toEqual(everywhere);
});
