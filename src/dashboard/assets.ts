/** The files that pages load: ours alone, read once. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Context } from "hono";

const types: Readonly<Record<string, string>> = {
  "dashboard.css": "text/css; charset=utf-8",
  "dashboard.js": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml",
};

export interface Assets {
  serve(context: Context): Response;
}

export function loadAssets(folder: string): Assets {
  const files = new Map(
    Object.keys(types).map((name) => {
      const text = readFileSync(path.join(folder, name), "utf8");
      const etag = `"${createHash("sha256").update(text).digest("hex").slice(0, 16)}"`;
      return [name, { text, etag }] as const;
    }),
  );
  return {
    serve: (context) => {
      const name = context.req.param("name") ?? "";
      const file = files.get(name);
      if (!file) return context.body(null, 404);
      const { text, etag } = file;
      if (context.req.header("if-none-match") === etag) return context.body(null, 304);
      const headers = { "content-type": types[name] ?? "", etag, "cache-control": "no-cache" };
      return context.body(text, 200, headers);
    },
  };
}
