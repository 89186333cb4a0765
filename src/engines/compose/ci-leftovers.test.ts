import { expect, test } from "vitest";
import { beganAt } from "./ci-leftovers.ts";

test("the name of a run's volume says when it began, and no other name does", () => {
  // A run of Woodpecker 3.14.1 that began at this second.
  expect(beganAt("wp_01m8h2tvq32qdgpb6nv67qj6b0_0_default")?.toISOString()).toMatch(
    /^2026-11-28T12:4\d:\d\d/,
  );
  for (const name of ["shop_wp_data", "wp_data", "wp_01m8h2tvq3_0_default", "wp_default"])
    expect(beganAt(name)).toBeUndefined();
});
