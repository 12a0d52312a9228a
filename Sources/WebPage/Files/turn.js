// One message of a conversation on the page.

import { make, icon, iconButton, copyText } from "./dom.js";
import { MarkdownView } from "./markdownView.js";
import { documentChips } from "./documents.js";
import { count, rate, seconds } from "./format.js";
import { policyName } from "./road.js";

/** A person's message; `edit` is given the new text. */
export function userTurn(message, edit) {
  const text = make("div", { class: "said", tabindex: message.content.length > 1500 ? "0" : null }, message.content);
  const element = make("article", { class: "turn user", "aria-label": "You" },
    message.documents?.length ? documentChips(message.documents) : null, message.content ? text : null,
    make("div", { class: "actions" }, iconButton("edit", "Edit this message", () => openEditor())));
  function openEditor() {
    const input = make("textarea", { rows: "3", "aria-label": "Message" });
    input.value = message.content;
    const editor = make("form", { class: "editor", on: { submit: (event) => { event.preventDefault(); edit(input.value.trim()); } } },
      input, make("div", { class: "row" },
        make("small", { class: "soft" }, "What follows is answered again."),
        make("button", { type: "button", class: "plain", on: { click: () => editor.replaceWith(text) } }, "Cancel"),
        make("button", { type: "submit", class: "primary" }, "Send")));
    if (text.isConnected) text.replaceWith(editor); else element.prepend(editor);
    input.focus();
  }
  return element;
}

/** What a tool gave. */
export function toolTurn(message) {
  return make("article", { class: "turn tool", "aria-label": "Result of a call" },
    make("pre", { tabindex: "0" }, message.content));
}

/** An answer; redrawn as it grows. */
export class AnswerTurn {
  #body = new MarkdownView();
  #thought = make("pre", {});
  #thoughts = make("details", { class: "thought", hidden: true }, make("summary", {}, "Thoughts"), this.#thought);
  #progress = make("div", { class: "reading", hidden: true });
  #bar = make("progress", { max: 1, "aria-label": "Prompt read" });
  #progressText = make("span", {});
  #calls = make("div", { class: "calls" });
  #note = make("p", { class: "wait", hidden: true, role: "status" });
  #error = make("div", { class: "failure", role: "alert", hidden: true });
  #facts = make("p", { class: "facts" });
  #actions = make("div", { class: "actions" });

  /** @param actions `again`, and `result(call, text)` */
  constructor(message, actions) {
    this.message = message;
    this.actions = actions;
    this.#progress.append(this.#bar, this.#progressText);
    this.element = make("article", { class: "turn answer", "aria-label": "Answer" }, this.#thoughts, this.#progress,
      this.#body.element, this.#calls, this.#note, this.#error, make("footer", {}, this.#facts, this.#actions));
    this.draw(false);
  }

  /** @param isRunning whether more is to come */
  draw(isRunning) {
    const { message } = this;
    this.#body.update(message.content);
    this.element.classList.toggle("is-running", isRunning);
    this.#thoughts.hidden = !message.reasoning;
    this.#thought.textContent = message.reasoning;
    this.#thoughts.firstChild.textContent = isRunning && !message.content ? "Thinking…" : "Thoughts";
    if (message.content || message.reasoning || message.calls.length || !isRunning) this.#progress.hidden = true;
    this.#drawCalls(isRunning);
    if (isRunning) return;
    this.#note.hidden = true;
    this.#error.hidden = !message.error;
    this.#error.replaceChildren(make("strong", {}, "No answer. "), message.error ?? "");
    this.#facts.textContent = facts(message.end);
    this.#actions.replaceChildren(
      iconButton("copy", "Copy the answer", () => copyText(message.content)),
      iconButton("again", "Answer again", () => this.actions.again(this)));
  }

  /** Shows that the request is sent, and nothing has come back. */
  begin() {
    this.draw(true);
    this.#progress.hidden = false;
    this.#bar.removeAttribute("value");
    this.#progressText.textContent = "Sent";
  }

  /** Shows how much of the prompt is read. */
  showProgress({ done, total }, secondsLeft) {
    this.#progress.hidden = done >= total;
    this.#bar.value = done / total;
    const left = secondsLeft === null ? "" : `, ${seconds(secondsLeft)} left`;
    this.#progressText.textContent = `Reading ${count(done)} of ${count(total)} tokens${left}`;
  }

  /** Says why nothing comes. */
  showNote(text) {
    this.#note.hidden = !text;
    this.#note.textContent = text;
  }

  #drawCalls(isRunning) {
    const { calls } = this.message;
    if (isRunning && calls.length === this.#calls.childElementCount) return;
    this.#calls.replaceChildren(...calls.map((call) => make("section", { class: "call" },
      make("h4", {}, icon("sliders"), "Call of ", make("code", {}, call.name)), make("pre", { tabindex: "0" }, pretty(call.arguments)),
      isRunning || call.isAnswered ? null : this.#resultForm(call))));
  }

  #resultForm(call) {
    const input = make("textarea", { rows: "2", "aria-label": `Result of ${call.name}`, placeholder: "What the call gives" });
    return make("form", { class: "row", on: { submit: (event) => { event.preventDefault(); this.actions.result(call, input.value); } } },
      input, make("button", { type: "submit", class: "plain" }, "Give result"));
  }
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

/** One line about what an answer took. */
export function facts(end) {
  if (!end) return "";
  const parts = [];
  const { timings, policy, usage, reason } = end;
  if (usage) parts.push(`${count(usage.prompt_tokens)} + ${count(usage.completion_tokens)} tokens`);
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? 0;
  if (cached > 0) parts.push(`${count(cached)} from the cache`);
  if (timings?.predicted_per_second > 0) parts.push(`${rate(timings.predicted_per_second)} a second`);
  if (timings) parts.push(`first after ${seconds((timings.queue_ms + timings.prompt_ms) / 1000)}`);
  if (policy) parts.push(policyName(policy));
  if (reason === "length") parts.push("cut at its limit");
  if (reason === "stopped") parts.push("stopped");
  if (policy?.warning) parts.push(policy.warning);
  return parts.join(" · ");
}
