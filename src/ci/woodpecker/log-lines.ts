/** A step's log, as the API gives it: in lines that may come out of order. */
import type { CiRequests } from "./http.ts";
import { LogShape } from "./shapes.ts";

export async function readLogLines(
  requests: Pick<CiRequests, "get">,
  path: string,
): Promise<readonly string[]> {
  const entries = await requests.get(path, LogShape);
  return (entries ?? [])
    .filter(({ type }) => type <= 1)
    .toSorted((a, b) => a.line - b.line)
    .map(({ data }) => Buffer.from(data ?? "", "base64").toString("utf8"));
}
