// Speaks with the server. The key stays in this browser.

import { EventReader, prefillProgress } from "./events.js";

const keyName = "longhaul.key";

export function apiKey() { return localStorage.getItem(keyName) ?? ""; }

export function setAPIKey(key) {
  if (key) localStorage.setItem(keyName, key); else localStorage.removeItem(keyName);
}

/** What the server refused, with its status and its words. */
export class ServerError extends Error {
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function headers() {
  const key = apiKey();
  return { "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) };
}

async function request(path, body, signal) {
  let response;
  try {
    response = await fetch(path, {
      method: body === undefined ? "GET" : "POST", headers: headers(), signal, cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError(0, "The server cannot be reached.", "unreachable");
  }
  if (response.ok) return response;
  let error = {};
  try { error = (await response.json()).error ?? {}; } catch { /* A proxy's page, not the server's words. */ }
  throw new ServerError(response.status, error.message ?? `The server answered ${response.status}.`, error.code);
}

export async function getJSON(path, signal) { return (await request(path, undefined, signal)).json(); }

/** How many tokens a text has. */
export async function tokenCount(text, signal) {
  const answer = await request("tokenize", { content: text }, signal);
  return (await answer.json()).tokens.length;
}

/**
 * Streams a chat. Gives `{ progress }` while the prompt is read, `{ content }`, `{ reasoning }` and `{ calls }` as they
 * come, then `{ end }` with the reason, the policy, the timings and the usage.
 */
export async function* chat(body, signal) {
  const response = await request("v1/chat/completions",
    { ...body, stream: true, stream_options: { include_usage: true } }, signal);
  const end = {};
  for await (const event of eventsOf(response.body)) {
    if (event.comment !== undefined) {
      const progress = prefillProgress(event.comment);
      if (progress) yield { progress };
      continue;
    }
    if (event.data === "[DONE]") break;
    const chunk = JSON.parse(event.data);
    if (chunk.error) throw new ServerError(200, chunk.error.message, chunk.error.code);
    for (const name of ["policy", "timings", "usage"]) if (chunk[name]) end[name] = chunk[name];
    const choice = chunk.choices?.[0];
    if (!choice) continue;
    if (choice.finish_reason) end.reason = choice.finish_reason;
    const delta = choice.delta ?? {};
    if (delta.reasoning_content) yield { reasoning: delta.reasoning_content };
    if (delta.content) yield { content: delta.content };
    if (delta.tool_calls) yield { calls: delta.tool_calls };
  }
  if (!end.reason) throw new ServerError(0, "The connection ended before the answer did.", "cut");
  yield { end };
}

async function* eventsOf(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  const events = new EventReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* events.take(value);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
