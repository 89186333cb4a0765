import { join } from "node:path";

/** Where tests build the command line. */
export const builtFolder = join(import.meta.dirname, "../../node_modules/.cache/disinto-scenarios");

/** Where its forges leave their answers. */
export const answersFolder = join(builtFolder, "answers");

/** The forges that scenes are copied from; of one run. */
export const templatesFolder = join(builtFolder, "templates");
