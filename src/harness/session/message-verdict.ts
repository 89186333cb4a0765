/** A reviewer's verdict from the last thing it said, where it wrote no file: one JSON object, fenced or bare. Pure. */

export function readMessageVerdict(message: string): unknown {
  const fenced = lastFenced(message);
  const bare = message.slice(message.indexOf("{"), message.lastIndexOf("}") + 1);
  return parseObject(fenced ?? "") ?? parseObject(bare);
}

/** The inside of the last fence that is closed. */
function lastFenced(message: string): string | undefined {
  let [open, found]: (string[] | undefined)[] = [];
  for (const line of message.split("\n")) {
    if (open === undefined) open = /```(?:json)?\s*$/.test(line.slice(-1000)) ? [] : undefined;
    else if (line.trimStart().startsWith("```")) [found, open] = [open, undefined];
    else open.push(line);
  }
  return found?.join("\n");
}

function parseObject(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
