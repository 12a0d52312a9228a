// What a person may set for a chat. An empty field leaves it to the server.

import { make } from "./dom.js";

const storageName = "longhaul.settings";

const basic = [
  { name: "temperature", label: "Temperature", hint: "0 always takes the likeliest token", min: 0, max: 100, step: 0.1 },
  { name: "top_p", label: "Top p", hint: "the likeliest tokens that make up this share", min: 0, max: 1, step: 0.05 },
  { name: "max_tokens", label: "Longest answer", hint: "tokens", min: 1, step: 1 },
  { name: "seed", label: "Seed", hint: "the same seed gives the same text", step: 1 },
];

const further = [
  { name: "top_k", label: "Top k", min: 0, step: 1 },
  { name: "min_p", label: "Min p", min: 0, max: 1, step: 0.01 },
  { name: "repetition_penalty", label: "Repetition penalty", min: 0.01, max: 100, step: 0.05 },
  { name: "presence_penalty", label: "Presence penalty", min: -100, max: 100, step: 0.1 },
  { name: "frequency_penalty", label: "Frequency penalty", min: -100, max: 100, step: 0.1 },
  { name: "group_size", label: "Group size (G)", hint: "automatic; 1 is plain attention", min: 1, step: 1 },
  { name: "neighbor_window", label: "Neighbor window (w)", hint: "automatic", min: 0, step: 1 },
];

export class Settings {
  #values = {};

  constructor() {
    try { this.#values = JSON.parse(localStorage.getItem(storageName)) ?? {}; } catch { /* Unreadable: none. */ }
    this.element = make("form", { class: "settings", on: { submit: (event) => event.preventDefault() } },
      this.#text("system", "System prompt", "What the model is to be, before every message.", 4),
      make("div", { class: "fields" }, basic.map((field) => this.#number(field))),
      make("details", {}, make("summary", {}, "More"),
        make("div", { class: "fields" }, further.map((field) => this.#number(field))),
        this.#text("policy", "Policy of positions", "auto, plain, or a method, such as rerope:1024; in place of G and w.", 1),
        this.#text("stop", "Stop strings", "One a line.", 2),
        this.#text("tools", "Tools", "A JSON array of functions, as in OpenAI's API.", 5, checkTools)),
      make("button", { type: "button", class: "plain", on: { click: () => this.#clear() } }, "Back to the server's own"));
  }

  /** What is wrong with them; empty when nothing is. */
  get problem() {
    const wrong = [...this.element.querySelectorAll(".refusal")].find((error) => error.textContent);
    return wrong ? `Settings, ${wrong.parentElement.firstChild.textContent}: ${wrong.textContent}` : "";
  }

  get system() { return this.#values.system?.trim() ?? ""; }

  /** The fields of a request. */
  get request() {
    const body = {};
    for (const { name } of [...basic, ...further]) {
      const value = this.#values[name];
      if (value !== undefined && value !== "") body[name] = Number(value);
    }
    if (this.#values.policy?.trim()) body.policy = this.#values.policy.trim();
    const stop = (this.#values.stop ?? "").split("\n").filter(Boolean);
    if (stop.length) body.stop = stop;
    if (this.#values.tools?.trim() && !checkTools(this.#values.tools)) body.tools = JSON.parse(this.#values.tools);
    return body;
  }

  #number({ name, label, hint, ...limits }) {
    const input = make("input", { id: `set-${name}`, type: "number", inputmode: "decimal", placeholder: "auto",
      min: limits.min?.toString(), max: limits.max?.toString(), step: limits.step === 1 ? "1" : "any",
      on: { input: () => { error.textContent = input.validationMessage; this.#set(name, input.value); } } });
    const error = make("small", { class: "refusal", role: "alert" });
    input.value = this.#values[name] ?? "";
    error.textContent = input.validationMessage;
    return make("label", { class: "field", for: input.id }, make("span", {}, label), input,
      hint ? make("small", {}, hint) : null, error);
  }

  #text(name, label, hint, rows, check = () => "") {
    const error = make("small", { class: "refusal", role: "alert" });
    const input = make("textarea", { id: `set-${name}`, rows: String(rows), spellcheck: "false",
      on: { input: () => { error.textContent = check(input.value); this.#set(name, input.value); } } });
    input.value = this.#values[name] ?? "";
    error.textContent = check(input.value);
    return make("label", { class: "field", for: input.id }, make("span", {}, label), input, make("small", {}, hint), error);
  }

  #set(name, value) {
    this.#values[name] = value;
    localStorage.setItem(storageName, JSON.stringify(this.#values));
  }

  #clear() {
    this.#values = {};
    localStorage.removeItem(storageName);
    for (const input of this.element.querySelectorAll("input, textarea")) input.value = "";
    for (const error of this.element.querySelectorAll(".refusal")) error.textContent = "";
  }
}

/** What is wrong with a list of tools; empty when nothing is. */
export function checkTools(text) {
  if (!text.trim()) return "";
  try {
    const tools = JSON.parse(text);
    if (!Array.isArray(tools)) return "It must be an array.";
    return tools.every((tool) => tool?.type === "function" && tool.function?.name) ? ""
      : 'Each needs "type": "function" and a function with a name.';
  } catch (error) {
    return `It is no JSON: ${error.message}`;
  }
}
