/** Stands beside the command line that tests build, which loads it first: leaves the answers in a folder, if it is there. */
import { appendFileSync, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { recordAnswers } from "./recorder.mjs";

const folder = fileURLToPath(new URL("../answers/", import.meta.url));
const file = `${folder}${process.pid}.jsonl`;
if (existsSync(folder))
  recordAnswers((exchange) => appendFileSync(file, `${JSON.stringify(exchange)}\n`));
