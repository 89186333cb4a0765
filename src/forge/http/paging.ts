/** Pages as Forgejo's: 30 entries unless `limit` says otherwise, 50 at most; X-Total-Count and Link. */
import type { ForgeContext } from "../forge.ts";
import type { Context } from "./request.ts";

export interface Page {
  readonly number: number;
  readonly size: number;
  readonly offset: number;
}

const defaultSize = 30;
const largestSize = 50;

export function pageOf(c: Context): Page {
  const number = Math.max(1, integer(c.req.query("page")));
  const limit = integer(c.req.query("limit"));
  const size = limit <= 0 ? defaultSize : Math.min(limit, largestSize);
  return { number, size, offset: (number - 1) * size };
}

function integer(text: string | undefined): number {
  return /^-?\d{1,9}$/.test(text ?? "") ? Number(text) : 0;
}

export function cut<Entry>(entries: readonly Entry[], { offset, size }: Page): Entry[] {
  return entries.slice(offset, offset + size);
}

export function countHeader(c: Context, total: number): void {
  c.header("X-Total-Count", String(total));
  expose(c, "X-Total-Count");
}

export function pageHeaders(c: Context, forge: ForgeContext, total: number): void {
  const page = pageOf(c);
  const links = linksOf(page, Math.max(1, Math.ceil(total / page.size))).map(
    ([number, relation]) => `<${pageUrl(c, forge, number)}>; rel="${relation}"`,
  );
  if (links.length > 0) {
    c.header("Link", links.join(","));
    expose(c, "Link");
  }
  countHeader(c, total);
}

/** services/context/api.go genAPILinks: next, last, first, prev, each only where it leads elsewhere. */
function linksOf({ number }: Page, last: number): [number, string][] {
  const links: [number, string][] = [];
  if (number < last) links.push([number + 1, "next"], [last, "last"]);
  if (number > 1) links.push([1, "first"], [number - 1, "prev"]);
  return links;
}

function pageUrl(c: Context, forge: ForgeContext, page: number): string {
  const query = new URLSearchParams(c.req.query());
  query.set("page", String(page));
  query.sort();
  return `${forge.url}${c.req.path}?${query}`;
}

function expose(c: Context, name: string): void {
  const before = c.res.headers.get("Access-Control-Expose-Headers");
  c.header("Access-Control-Expose-Headers", before === null ? name : `${before}, ${name}`);
}
