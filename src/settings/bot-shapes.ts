/** The shapes in which a bot reads its variables back. */
import * as z from "zod/mini";
import { sizePattern, toBytes } from "../core/bytes.ts";
import type { RepoId } from "../core/factory.ts";

export const words = () => z.string().check(z.minLength(1));
export const maybe = () => z.optional(z.string());
export const number = (...checks: Parameters<ReturnType<typeof z.coerce.number>["check"]>) =>
  z.coerce.number().check(...checks);
export const milliseconds = (least: number) =>
  z.pipe(
    number(z.minimum(least)),
    z.transform((seconds: number) => seconds * 1000),
  );

export const bytes = () => z.pipe(z.string().check(z.regex(sizePattern)), z.transform(toBytes));

export const repository = () =>
  z.pipe(
    z.string().check(z.regex(/^[^/]+\/[^/]+$/)),
    z.transform((repo: string): RepoId => {
      const [owner = "", name = ""] = repo.split("/");
      return { owner, name };
    }),
  );

export const listOf = <Item>(item: z.ZodMiniType<Item, Item>) =>
  z.pipe(
    z.pipe(
      z.string(),
      z.transform((list: string): unknown => list.split(",")),
    ),
    z.array(z.pipe(z.unknown(), item)).check(z.minLength(1)),
  );
