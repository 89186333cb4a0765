/** Events of containers, running or not: files of their volumes. */
import { run } from "../../adapters/process.ts";
import type { ReadEventFile } from "../event-archive.ts";

const HEADER_BYTES = 512;

/** As a tar archive of one file: unlike `exec`, a copy needs no running container, and no program in it. */
export const copyEvents: ReadEventFile = async ({ container, dataFolder }, file, signal) => {
  const from = `${container}:${dataFolder}/${file}`;
  const options = signal ? { signal } : {};
  const { exitCode, stdout } = await run(["docker", "cp", from, "-"], options);
  if (exitCode !== 0) return "";
  const archive = Buffer.from(stdout);
  const size = Number.parseInt(archive.toString("latin1", 124, 136), 8);
  return archive.toString("utf8", HEADER_BYTES, HEADER_BYTES + size);
};
