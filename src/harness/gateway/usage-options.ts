/** What the gateway changes in a question on its way: it asks for what it must count, where the agent did not. Pure. */

export interface ForwardedRequest {
  readonly body: string;
  /** The answer ends with an event of counts that the agent did not ask for. */
  readonly addsUsage: boolean;
}

/**
 * Chat completions that are streamed say what they used only where they are asked to (`stream_options.include_usage`), and
 * a llama-server says there how far it has read (`return_progress`).
 */
export function addUsageOptions(
  body: string,
  target: string,
  { wantsProgress }: { readonly wantsProgress: boolean },
): ForwardedRequest {
  const asked = target.includes("/chat/completions") ? parse(body) : undefined;
  if (asked?.stream !== true) return { body, addsUsage: false };
  const options = isRecord(asked.stream_options) ? asked.stream_options : {};
  const more = {
    stream_options: { ...options, include_usage: true },
    ...(wantsProgress && { return_progress: true }),
  };
  return {
    body: JSON.stringify({ ...asked, ...more }),
    addsUsage: options.include_usage !== true,
  };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
