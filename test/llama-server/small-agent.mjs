// The smallest agent there is, for the harness `command`: one tool, a shell, until the model calls none.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const { OPENAI_BASE_URL: url, OPENAI_API_KEY: key, DISINTO_MODEL: model } = process.env;
const prompt = readFileSync(0, "utf8");
const parameters = { type: "object", properties: { command: { type: "string" } } };
const tools = [{ type: "function", function: { name: "bash", parameters } }];
const messages = [{ role: "user", content: prompt }];
/** Says how much one answer may take, for an issue that wants the model to talk for a while. */
const max_tokens = Number(/\[\[most:(\d+)\]\]/.exec(prompt)?.[1] ?? 2_000);

for (;;) {
  const response = await fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages, tools, max_tokens }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const { message } = (await response.json()).choices[0];
  messages.push(message);
  if (!message.tool_calls?.length) break;
  for (const { id, function: call } of message.tool_calls) {
    const { command } = JSON.parse(call.arguments);
    const content = execFileSync("sh", ["-c", command], { encoding: "utf8" });
    messages.push({ role: "tool", tool_call_id: id, content });
  }
}
