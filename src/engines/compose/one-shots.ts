/** One-shot containers on the Docker Engine: without privileges, and removed whatever happens to them or to us. */
import { randomUUID } from "node:crypto";
import { run } from "../../adapters/process.ts";
import type { Job, JobEnd, OneShots } from "../../ports/one-shots.ts";
import { takeLastLines } from "../last-lines.ts";

export function buildOneShots(signal?: AbortSignal): OneShots {
  return {
    run: async (job) => {
      const name = `${job.project}-${job.name}-${randomUUID().slice(0, 8)}`;
      try {
        return await runJob(name, job, signal);
      } finally {
        // The client may be gone before its container is.
        await run(["docker", "rm", "--force", "--volumes", name]);
      }
    },
  };
}

async function runJob(name: string, job: Job, signal: AbortSignal | undefined): Promise<JobEnd> {
  const { input, timeoutMs } = job;
  const options = { timeoutMs, ...(input && { input }), ...(signal && { signal }) };
  const { exitCode, ...output } = await run(["docker", ...describeRun(name, job)], options);
  return { exitCode, lastLines: takeLastLines(output) };
}

function describeRun(name: string, job: Job): readonly string[] {
  const { image, input, limits, network, user, capabilities = [], volumes = {} } = job;
  const [program = "", ...rest] = job.argv;
  return [
    ...["run", "--name", name, "--init", "--pull", "never"],
    // The engine itself removes it, so that one whose caller was killed holds no volume.
    "--rm",
    // Compose and observers of the project take it for no service.
    ...["--label", `com.docker.compose.project=${job.project}`],
    ...["--label", "com.docker.compose.oneoff=True"],
    ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    ...capabilities.flatMap((capability) => ["--cap-add", capability]),
    ...["--memory", limits.memory, "--cpus", String(limits.cpus)],
    ...["--pids-limit", String(limits.pids)],
    ...(input ? ["--interactive"] : []),
    ...(user === undefined ? [] : ["--user", user]),
    ...(network === undefined ? [] : ["--network", network]),
    ...Object.entries(volumes).flatMap(([path, volume]) => ["--volume", `${volume}:${path}`]),
    ...["--entrypoint", program, image, ...rest],
  ];
}
