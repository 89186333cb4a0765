/** The lists as they stand now: read again whenever the file was replaced, so that a change needs no restart. */
import { readFileSync, statSync } from "node:fs";
import type { EgressLists } from "../core/egress-lists.ts";

const nothing: EgressLists = { callers: {}, forwards: [], inbound: [] };

export class ListsFile {
  readonly #file: string;
  #stamp = "";
  #lists = nothing;

  constructor(file: string) {
    this.#file = file;
  }

  /** What cannot be read allows nothing more than what was read last. */
  read(): EgressLists {
    try {
      const { mtimeMs, ino, size } = statSync(this.#file);
      const stamp = `${mtimeMs} ${ino} ${size}`;
      if (stamp !== this.#stamp) {
        this.#lists = JSON.parse(readFileSync(this.#file, "utf8")) as EgressLists;
        this.#stamp = stamp;
      }
    } catch {
      return this.#lists;
    }
    return this.#lists;
  }
}
