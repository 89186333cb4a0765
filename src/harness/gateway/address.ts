/** A model's API is named with or without the `/v1` that some agents want and others add. Pure. */
export function rootOf(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, "").replace(/\/v1$/, "").replace(/\/+$/, "");
}
