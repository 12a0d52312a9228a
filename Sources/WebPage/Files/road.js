// The road: how long the text is, beside what the model was trained on and what it can read here.

import { make } from "./dom.js";
import { count, rate } from "./format.js";

/** The first position of SELF's group number `group`: group t holds floor(g(t)) tokens, g logistic (Core/LogisticGroups). */
function logisticStart(group, capacity) {
  let position = 0;
  for (let t = 0; t < group; t += 1) {
    const size = Math.max(1, Math.min(capacity - 1, Math.floor(capacity / (1 + (capacity - 1) * Math.exp(-0.02 * t)))));
    if (size === capacity - 1) return position + (group - t) * size;
    position += size;
  }
  return position;
}

/** The longest text under a policy; null where no length is too long for it. */
export function longestLength({ method, group_size: group, neighbor_window: window, far_start: start, trained_length: trained }) {
  if (method === "plain" || window > trained) return trained;
  if (method === "rerope") return window < trained ? null : trained;
  if (method === "string") return trained + window - start;
  if (method === "jet-long") return group * trained;
  if (method === "self") return Math.max(trained, window + logisticStart(trained - window, group));
  return Math.max(trained, group * (trained - window + Math.floor(window / group)));
}

/** A policy in a few characters. */
export function policyName({ method, group_size: group, neighbor_window: window, far_start: start }) {
  const title = { rerope: "ReRoPE", string: "STRING", "jet-long": "Jet-Long", self: "SELF" }[method];
  if (method === "plain") return "plain attention";
  const numbers = [group ? `G ${group}` : "", `w ${count(window)}`, start === undefined ? "" : `W ${count(start)}`];
  return [title, numbers.filter(Boolean).join(", ")].filter(Boolean).join(" ");
}

/** What a policy does with distant positions. */
function treatment({ method, group_size: group, neighbor_window: window, far_start: start }) {
  if (method === "rerope") return `all positions beyond the nearest ${count(window)} are seen at one distance`;
  if (method === "string") return `positions beyond the nearest ${count(window)} are seen from ${count(start)} on`;
  if (method === "self") return `distant positions are grouped by up to ${group - 1}, the nearest ${count(window)} are exact`;
  return `distant positions are grouped by ${group}, the nearest ${count(window)} are exact`;
}

/** One sentence about a length. The policy is known when the answer is complete. */
export function judgment(length, trained, policy) {
  if (length <= trained) return `${count(length)} tokens, within the ${count(trained)} the model was trained on.`;
  const beyond = `${count(length)} tokens, ${rate(length / trained)} times the trained ${count(trained)}`;
  if (!policy) return `${beyond}.`;
  if (policy.method === "plain") return `${beyond}, with plain attention. Expect it to lose the thread.`;
  const longest = longestLength(policy);
  return `${beyond}: ${treatment(policy)}, which holds ${longest === null ? "for any length" : `up to ${count(longest)}`}. `
    + "Precision falls with distance.";
}

export class Road {
  #fill = make("div", { class: "road-fill" });
  #beyond = make("div", { class: "road-beyond" });
  #post = make("div", { class: "road-post" });
  #text = make("p", { class: "road-text" });

  constructor() {
    this.element = make("div", { class: "road" },
      make("div", { class: "road-bar", role: "img", "aria-hidden": "true" }, this.#fill, this.#beyond, this.#post),
      this.#text);
  }

  /**
   * @param length tokens of the conversation, or null before the first answer
   * @param model trained and longest length
   * @param policy of the last answer, if there is one
   */
  update(length, model, policy) {
    if (!model) { this.element.hidden = true; return; }
    this.element.hidden = false;
    const trained = policy?.trained_length ?? model.trained;
    const end = Math.max(model.context, trained, length ?? 0);
    // The square root leaves room for short texts on a long road.
    const place = (tokens) => `${100 * Math.sqrt(Math.min(tokens, end) / end)}%`;
    const used = length ?? 0;
    this.#fill.style.width = place(Math.min(used, trained));
    this.#beyond.style.left = place(trained);
    this.#beyond.style.width = `calc(${place(Math.max(used, trained))} - ${place(trained)})`;
    this.#post.style.left = place(trained);
    this.#post.hidden = trained >= end;
    this.#text.textContent = length === null
      ? `Trained on ${count(trained)} tokens; reads up to ${count(model.context)} here.`
      : judgment(used, trained, policy);
    this.element.classList.toggle("is-beyond", used > trained);
  }
}
