import { type Rotation, rotateCredentials } from "../apply/rotate.ts";
import { ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

export async function rotate(tools: Tools, rotation: Rotation): Promise<ExitCode> {
  await rotateCredentials(tools, rotation);
  return ExitCode.done;
}
