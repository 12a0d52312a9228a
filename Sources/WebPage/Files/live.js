// Asks the server how the cluster is, often while it is looked at.

import { getJSON } from "./api.js";

/** Listeners get the newest status, or an error; each status has the steps since the last one. */
export class LiveCluster {
  #listeners = new Set();
  #lastStep = 0;
  #timer = 0;
  #isAsking = false;
  #previous = null;
  /** Milliseconds between questions. */
  interval = 2000;
  status = null;
  error = null;
  /** Tokens a second between the last two answers. */
  rates = { generated: 0, prefill: 0 };

  constructor() {
    document.addEventListener("visibilitychange", () => this.ask());
  }

  listen(listener) { this.#listeners.add(listener); }

  /** Asks now, and then again and again. */
  async ask() {
    clearTimeout(this.#timer);
    if (this.#isAsking || document.hidden) return;
    this.#isAsking = true;
    try {
      const status = await getJSON(`cluster?steps_after=${this.#lastStep}`);
      this.#take(status);
    } catch (error) {
      this.error = error;
    }
    this.#isAsking = false;
    for (const listener of this.#listeners) listener(this);
    this.#timer = setTimeout(() => this.ask(), this.interval);
  }

  #take(status) {
    // A coordinator that was restarted counts from one again.
    if (this.#previous && status.now < this.#previous.now) { this.#previous = null; this.#lastStep = 0; }
    this.#lastStep = status.totals.steps;
    if (this.#previous) {
      const time = Math.max(0.001, status.now - this.#previous.now);
      const smooth = (old, total, before) => 0.5 * old + 0.5 * (total - before) / time;
      this.rates = {
        generated: smooth(this.rates.generated, status.totals.generated_tokens, this.#previous.totals.generated_tokens),
        prefill: smooth(this.rates.prefill, status.totals.prefill_tokens, this.#previous.totals.prefill_tokens),
      };
    }
    this.#previous = status;
    this.status = status;
    this.error = null;
  }
}
