/**
 * How soon a real review bot answers: from the green of a head to its review on the forge, less what its session took.
 * The change is a dev bot's; the reviewer is the demo's, which needs no model.
 */
import { printRows, runsAlone } from "./rows.mjs";
import { describeOwnFile, median, openWorld, pollSeconds, until } from "./world.mjs";

const issueCount = Number(process.env.DISINTO_BENCH_REVIEWS ?? 10);

export async function measureReview() {
  const world = await openWorld({ devs: 1, plays: "ci" });
  try {
    const [dev, reviewer] = ["dev-1", "review-1"].map((name) => world.start(name));
    const turns = [];
    for (let at = 0; at < issueCount; at++) {
      const body = describeOwnFile(`reviewed-${at}`);
      await world.issues.open({ title: `Add reviewed-${at}`, body, labels: ["backlog"] });
      await until("it is merged", () => {
        for (const bot of [dev, reviewer]) bot.assertRuns();
        return dev.of("pull.merged").length > at;
      });
      turns.push(readTurn(world, reviewer));
    }
    return [
      { name: `review bot, green to review, poll ${pollSeconds} s`, ms: median(turns) },
      { name: "  the slowest", ms: Math.max(...turns) },
    ];
  } finally {
    await world.close();
  }
}

function readTurn({ posted }, reviewer) {
  const { sha, ms } = reviewer.of("pull.reviewed").at(-1);
  const { seconds } = reviewer.of("session.ended").at(-1);
  return ms - posted.get(sha) - seconds * 1000;
}

if (runsAlone(import.meta.url)) printRows(await measureReview());
