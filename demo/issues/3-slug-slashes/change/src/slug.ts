const separators = /[\s_/]+/gu;

/** A title as a part of an address: `Hello, World` becomes `hello-world`. */
export function slug(title: string): string {
  return title
    .normalize("NFKD")
    .toLowerCase()
    .replace(separators, "-")
    .replace(/[^a-z0-9-]/gu, "")
    .replace(/-{2,}/gu, "-")
    .replace(/^-|-$/gu, "");
}
