// The cluster as a person looks at it.

import { make, byId, announce } from "./dom.js";
import { MarkdownView } from "./markdownView.js";
import { policyName } from "./road.js";
import { StageBoard } from "./stages.js";
import { Timeline } from "./timeline.js";
import { count, rate, percent, ago, plural } from "./format.js";

export class ClusterView {
  #headline = make("h1", {});
  #reason = make("p", { class: "lead" });
  #figures = make("dl", { class: "figures" });
  #board = new StageBoard();
  #timeline = new Timeline();
  #requests = make("tbody", {});
  #empty = make("p", { class: "soft" }, "None is running.");
  #answer = new MarkdownView();
  #answerBlock = make("section", { class: "block", hidden: true }, make("h2", {}, "Your answer"),
    make("div", { class: "tail" }, this.#answer.element));
  #events = make("ol", { class: "events" });
  #lost = new Set();

  /** @param running gives the chat's answer on its way, or null */
  constructor(live, running) {
    this.running = running;
    byId("cluster-place").replaceWith(make("div", { class: "cluster" },
      make("header", { class: "head" }, this.#headline, this.#reason), this.#figures, this.#board.element,
      this.#timeline.element, this.#answerBlock,
      make("div", { class: "columns" },
        make("section", { class: "block" }, make("h2", {}, "Requests"), this.#empty,
          make("table", { class: "requests" }, make("caption", { class: "hidden" }, "Requests"),
            make("thead", {}, make("tr", {}, ["Number", "State", "Prompt", "Answer", "Policy"].map((name) => make("th", { scope: "col" }, name)))),
            this.#requests)),
        make("section", { class: "block" }, make("h2", {}, "Events"), this.#events))));
    live.listen(() => this.#take(live));
  }

  set isShown(isShown) { if (isShown) this.#timeline.start(); else this.#timeline.stop(); }

  #take({ status, error, rates }) {
    if (error || !status) {
      this.#headline.textContent = "Not reached";
      this.#reason.textContent = error?.message ?? "";
      return;
    }
    [this.#headline.textContent, this.#reason.textContent] = headline(status);
    this.#figures.replaceChildren(...figures(status, rates).map(([name, value, note]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, value, note ? make("small", {}, note) : null))));
    this.#board.take(status);
    this.#timeline.take(status);
    this.#drawRequests(status);
    this.#drawEvents(status);
    this.#announceLosses(status);
    const answer = this.running();
    this.#answerBlock.hidden = !answer?.content;
    this.#answer.update(answer?.content ?? "");
  }

  #drawRequests({ requests: { sequences } }) {
    this.#empty.hidden = sequences.length > 0;
    this.#requests.closest("table").hidden = sequences.length === 0;
    this.#requests.replaceChildren(...sequences.slice(0, 50).map((sequence) => {
      const read = Math.min(sequence.prompt_tokens, sequence.computed_tokens);
      return make("tr", {},
        make("td", {}, String(sequence.id)),
        make("td", {}, { waiting: "waits", prefill: "reads", decode: "writes", preempted: "waits again" }[sequence.phase] ?? sequence.phase),
        make("td", {}, make("progress", { max: sequence.prompt_tokens, value: read, "aria-label": "Prompt read" }), ` ${count(sequence.prompt_tokens)}`),
        make("td", {}, count(sequence.generated_tokens)),
        make("td", {}, policyName(sequence)));
    }));
  }

  #drawEvents({ events, now }) {
    this.#events.replaceChildren(...events.slice(-12).reverse().map((event) => make("li", { class: `is-${event.kind}` },
      make("span", { class: "soft" }, ago(now - event.time)), make("span", {}, event.text))));
  }

  #announceLosses({ workers }) {
    const lost = new Set(workers.filter((worker) => worker.state === "dead").map((worker) => worker.name));
    for (const name of lost) if (!this.#lost.has(name)) announce(`Worker ${name} was lost.`);
    this.#lost = lost;
  }
}

const phases = {
  gathering: "Waiting for workers", assigning: "Giving out layers", loading: "Loading weights", serving: "Serving",
  recovering: "Recovering", failed: "Failed",
};

export const phaseName = (phase) => phases[phase.name] ?? phase.name;

function headline({ phase, model, plan }) {
  if (phase.name !== "serving") return [phaseName(phase), sentence(phase.reason ?? `${model.id}, ${plural(model.layers, "layer")}`)];
  return [`Serving on ${plural(plan.stages.length, "worker")}`,
    `${model.id}: ${plural(model.layers, "layer")}, trained on ${count(model.trained_length)} tokens, reads ${count(model.context_length)}.`];
}

const sentence = (text) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

/** Names, values and notes. */
function figures({ cache, requests, totals, prefix_cache: prefixes }, rates) {
  const recomputed = totals.replayed_tokens + totals.reread_tokens;
  return [
    ["Answers", rate(rates.generated), "tokens a second"],
    ["Prompts", rate(rates.prefill), "tokens a second"],
    ["KV cache", cache?.pages ? percent(cache.used_pages / cache.pages) : "–", cache?.pages ? `${count(cache.used_pages)} of ${count(cache.pages)} pages` : null],
    ["Requests", count(requests.running), requests.waiting ? `and ${count(requests.waiting)} waiting` : "running"],
    ...(prefixes ? [["Prefix cache", percent(prefixes.hit_tokens / Math.max(1, prefixes.queried_tokens)), "of prompt tokens found"]] : []),
    ...(recomputed ? [["Computed again", count(recomputed), "tokens, after losses"]] : []),
  ];
}
