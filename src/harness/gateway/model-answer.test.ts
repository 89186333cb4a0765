import { expect, test } from "vitest";
import { readAnswer } from "./model-answer.ts";

const read = (text: string) => readAnswer({ status: 200, contentType: "text/event-stream", text });

/** As llama-server, build 11669, was seen to break off. */
const broken = '"message":"got exception: Unexpected empty grammar stack","type":"server_error"';
const full = '"message":"Context size has been exceeded.","type":"server_error"';

test.each([
  [
    "OpenAI's form",
    `data: {"choices":[]}\n\ndata: {"error":{"code":500,${broken}}}\n\n`,
    "overloaded",
  ],
  ["llama-server's own", `event: error\ndata: {"code":500,${broken}}\n\n`, "overloaded"],
  ["a full cache", `event: error\ndata: {"code":500,${full}}\n\n`, "overloaded"],
  [
    "Anthropic's form",
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    "overloaded",
  ],
  [
    "a window that is full",
    'data: {"error":{"code":400,"type":"exceed_context_size_error","message":"request (4 tokens) exceeds the available context size"}}\n\n',
    "context",
  ],
])("an error amid a stream is read in %s", (_, text, fault) => {
  expect(read(text)).toMatchObject({ type: "fault", fault });
});

test("LiteLLM's answer to a key that it does not know is a refused key", () => {
  const error = { message: "No connected db.", type: "no_db_connection", param: null, code: "400" };
  const answer = { status: 400, contentType: "application/json", text: JSON.stringify({ error }) };

  expect(readAnswer(answer)).toMatchObject({ type: "fault", fault: "refused-key" });
});

test("an answer that says no counts is taken for as much as its characters say", () => {
  const chunk = (delta: object) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`;
  const text = [
    chunk({ role: "assistant", content: "eight ch" }),
    chunk({ tool_calls: [{ function: { name: "write", arguments: '{"a":1}!' } }] }),
    "data: [DONE]\n\n",
  ].join("");

  expect(
    readAnswer({ status: 200, contentType: "text/event-stream", text, asked: "x".repeat(40) }),
  ).toEqual({
    type: "answer",
    usage: { inputTokens: 10, outputTokens: 4 },
    isEstimated: true,
  });
});
