/** A pack of seven objects, each of which but the first is made of the one before many times over. */
import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";

const [BLOB, OFFSET_DELTA] = [3, 6];
const LONGEST_COPY = 0xffffff;

/** What a delta makes is `copies` times the longest piece that one copy takes. */
export function buildEndlessPack(copies: number): Buffer {
  const base = Buffer.alloc(LONGEST_COPY);
  const parts: Buffer[] = [Buffer.concat([head(BLOB, base.length), deflateSync(base)])];
  let before = base.length;
  for (let made = 1; made < 7; made++) {
    const delta = buildDelta(before, copies);
    const last = parts.at(-1)?.length ?? 0;
    parts.push(
      Buffer.concat([head(OFFSET_DELTA, delta.length), backwards(last), deflateSync(delta)]),
    );
    before = copies * LONGEST_COPY;
  }
  const counted = Buffer.from([0, 0, 0, 2, 0, 0, 0, parts.length]);
  const pack = Buffer.concat([Buffer.from("PACK"), counted, ...parts]);
  return Buffer.concat([pack, createHash("sha1").update(pack).digest()]);
}

/** What git sends for a push of a new branch. */
export function pushOf(pack: Buffer, branch: string): Buffer {
  const line = `${"0".repeat(40)} ${"1".repeat(40)} refs/heads/${branch}\0report-status`;
  const length = (line.length + 4).toString(16).padStart(4, "0");
  return Buffer.concat([Buffer.from(`${length}${line}0000`), pack]);
}

function buildDelta(baseSize: number, copies: number): Buffer {
  const sizes = [...varint(baseSize), ...varint(copies * LONGEST_COPY)];
  // From the beginning, three bytes of length.
  const copy = [0b1111_0000, 0xff, 0xff, 0xff];
  return Buffer.from([...sizes, ...Array.from({ length: copies }, () => copy).flat()]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    if (rest < 128) return bytes;
  }
}

function head(type: number, size: number): Buffer {
  const first = (type << 4) | (size % 16);
  return size < 16
    ? Buffer.from([first])
    : Buffer.from([first | 128, ...varint(Math.floor(size / 16))]);
}

/** How far back the object begins that this one is made of (gitformat-pack). */
function backwards(distance: number): Buffer {
  const bytes = [distance % 128];
  for (let rest = Math.floor(distance / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest -= 1;
    bytes.unshift(128 | (rest % 128));
  }
  return Buffer.from(bytes);
}
