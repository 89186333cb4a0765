/** A reviewer's verdict from the last thing it said, where it wrote no file: one JSON object, fenced or bare. Pure. */

export function readMessageVerdict(message: string): unknown {
  const fenced = [...message.matchAll(/```(?:json)?\s*\n([\s\S]*?)\n\s*```/g)].at(-1)?.[1];
  const bare = message.slice(message.indexOf("{"), message.lastIndexOf("}") + 1);
  return parseObject(fenced ?? "") ?? parseObject(bare);
}

function parseObject(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
