/** Bodies of requests and answers, read up to a limit, so that whoever sends without end fills no memory. */

/** Bytes; undefined: there is more. The rest is not read, and its connection is given up. */
export async function readBounded(
  body: AsyncIterable<unknown>,
  maxBytes: number,
): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

/** The longest answer of a model's server about itself, or to a question of ours. */
export const MAX_ANSWER_BYTES = 4_000_000;
