/** Whether a model answers where its bots ask for it: asked from inside one of them where one runs. */
import { routeTo } from "../core/addresses.ts";
import type { Bot } from "../core/factory.ts";
import { judgeModel } from "../core/model-findings.ts";
import { deriveServiceName } from "../core/names.ts";
import { HOST_NAME } from "../core/service-ports.ts";
import { engines } from "../engines/definitions.ts";
import { harnesses } from "../harness/definitions.ts";
import type { ModelQuestion, ModelReport } from "../ports/model-server.ts";
import { PROXY_KEY } from "../settings/proxy.ts";
import type { Finding } from "./finding.ts";
import type { Fleet } from "./observe.ts";

const limitMs = 3000;

/**
 * A script for Node that takes the address as its argument. Any answer will do: it shows that a server is there. What is
 * outside is reached as the bot reaches it, by the proxy that its container names; a connection is then answer enough.
 */
const ask = `const url = new URL(process.argv[1]), proxy = process.env.${PROXY_KEY};
const say = (is) => { console.log(is ? "yes" : "no"); process.exit(); };
setTimeout(say, ${limitMs}, false);
const path = url.hostname + ":" + (url.port || (url.protocol === "https:" ? 443 : 80));
if (!proxy || url.hostname === "${HOST_NAME}") fetch(url).then(() => say(true), () => say(false));
else require("http").request(proxy, { method: "CONNECT", path })
  .on("connect", ({ statusCode }) => say(statusCode === 200)).on("error", () => say(false)).end();`;

interface Models extends Fleet {
  readonly examineModel: (question: ModelQuestion) => Promise<ModelReport>;
}

export async function checkModels(fleet: Models): Promise<readonly Finding[]> {
  const { factory, containers } = fleet;
  const byUrl = new Map<string, readonly Bot[]>();
  for (const bot of factory.bots.filter(({ enabled }) => enabled))
    if (bot.baseUrl) byUrl.set(bot.baseUrl, [...(byUrl.get(bot.baseUrl) ?? []), bot]);
  const observed = await containers.observe().catch(() => ({ containers: [] }));
  const isRunning = new Set(
    observed.containers.filter((one) => one.running && one.ours).map(({ service }) => service),
  );
  const checks = [...byUrl].map(async ([url, bots]) => {
    const running = bots.find((bot) => isRunning.has(deriveServiceName(bot)));
    const inside = engines[factory.engine].runsImages ? running : undefined;
    const found = await checkModel(fleet, url, inside && deriveServiceName(inside));
    const bot = inside ?? bots[0];
    // A command may have a model's address and use none.
    const isNeeded = bots.some(({ harness }) => harnesses[harness].asksModel);
    if (found.verdict === "bad" && !isNeeded) return [];
    if (found.verdict === "bad" || !bot) return [found];
    const report = await proveModel(fleet, { ...bot, baseUrl: url }, inside !== undefined);
    const proven = [...judgeModel(bot, report)].map(({ message, ...rest }) => {
      return { subject: "model", ...rest, message: `${url}: ${message}` };
    });
    return [found, ...proven];
  });
  return (await Promise.all(checks)).flat();
}

/** From inside its container, where that knows how; else from here. */
async function proveModel(
  { containers, environment, examineModel }: Models,
  bot: Bot & { readonly baseUrl: string },
  isInside: boolean,
): Promise<ModelReport> {
  if (isInside) {
    const argv = ["disinto", "agent", "prove"];
    const output = await containers.exec(deriveServiceName(bot), argv).catch(() => "");
    const line = output.split("\n").findLast((one) => one.startsWith("{"));
    if (line !== undefined) return JSON.parse(line) as ModelReport;
  }
  const baseUrl = bot.baseUrl.replace("://host.docker.internal", "://127.0.0.1");
  const key = bot.apiKeyEnv === undefined ? undefined : environment.get(bot.apiKeyEnv);
  const { api } = harnesses[bot.harness];
  return examineModel({ baseUrl, key, model: bot.model, api });
}

async function checkModel(
  { containers }: Fleet,
  url: string,
  service: string | undefined,
): Promise<Finding> {
  const subject = "model";
  const inside =
    service && (await containers.exec(service, ["node", "-e", ask, url]).catch(() => ""));
  if (inside?.includes("yes")) return { subject, verdict: "good", message: url };
  const isHere = await answers(url.replace("://host.docker.internal", "://127.0.0.1"));
  if (isHere && inside?.includes("no")) {
    const message = `${url} is reachable from this host but not from ${service}`;
    const hint =
      routeTo(url)?.by === "proxy"
        ? "run disinto up, so that the egress service allows this address"
        : "make the model server listen on 0.0.0.0, or on the address of Docker's bridge, then run disinto up";
    return { subject, verdict: "bad", message, hint };
  }
  if (isHere) return { subject, verdict: "good", message: url };
  const hint = "start the model server, or correct the address";
  return { subject, verdict: "bad", message: `nothing answers at ${url}`, hint };
}

function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(limitMs) }).then(
    () => true,
    () => false,
  );
}
