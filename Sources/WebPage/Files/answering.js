// One answer on its way: what each event of its stream does to the message.

import { messageText } from "./documents.js";

export const newAnswer = () => ({ role: "assistant", content: "", reasoning: "", calls: [], end: null, error: null });

/** The messages of a request: the system's, then all that is in the conversation. */
export function requestMessages(system, messages) {
  return [
    ...(system ? [{ role: "system", content: system }] : []),
    ...messages.filter((message) => !isEmptyAnswer(message)).map((message) => {
      switch (message.role) {
        case "assistant": return {
          role: "assistant", content: message.content || (message.calls.length ? null : ""),
          ...(message.calls.length ? { tool_calls: message.calls.map(({ id, name, arguments: text }) =>
            ({ id, type: "function", function: { name, arguments: text } })) } : {}),
        };
        case "tool": return { role: "tool", tool_call_id: message.call, content: message.content };
        default: return { role: "user", content: messageText(message) };
      }
    }),
  ];
}

const isEmptyAnswer = (message) => message.role === "assistant" && !message.content && message.calls.length === 0;

/** Adds what an event carries. */
export function applyEvent(answer, event) {
  if (event.content) answer.content += event.content;
  if (event.reasoning) answer.reasoning += event.reasoning;
  for (const call of event.calls ?? []) {
    const index = call.index ?? answer.calls.length;
    const known = answer.calls[index] ??= { id: call.id, name: "", arguments: "" };
    known.name += call.function?.name ?? "";
    known.arguments += call.function?.arguments ?? "";
  }
  if (event.end) answer.end = event.end;
}

/** How long the rest of a prompt will take, from how fast it was read so far. */
export class PrefillClock {
  #first = null;

  /** Seconds that are left, or null before that is known. */
  left({ done, total }, now) {
    // What was in memory from before took no time, so the first report is the start.
    if (!this.#first || done < this.#first.done) this.#first = { done, now };
    const read = done - this.#first.done;
    return read > 0 ? (now - this.#first.now) / 1000 / read * (total - done) : null;
  }
}
