/** Events of child processes: files of this machine. */
import { readFile } from "node:fs/promises";
import type { ReadEventFile } from "../event-archive.ts";

export const readEvents: ReadEventFile = ({ dataFolder }, file) =>
  readFile(`${dataFolder}/${file}`, "utf8").catch(() => "");
