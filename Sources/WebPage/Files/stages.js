// Which worker has which layers, and what that takes of its memory.

import { make } from "./dom.js";
import { bytes, percent, ago, plural } from "./format.js";

/** How long a lost worker is shown. */
const shownFor = 90;
/** Shares of the accent, by stage: neighbors differ. */
const tints = [100, 55, 78, 40, 90, 65];

export class StageBoard {
  #cells = [];
  #strip = make("div", { class: "layers", role: "img" });
  #cards = make("ul", { class: "workers" });
  #drawn = new Map();
  /** The last plan: while none is in force, its layers still show where they were. */
  #plan = null;

  constructor() {
    this.element = make("section", { class: "block", "aria-labelledby": "layers-title" },
      make("h2", { id: "layers-title" }, "Layers"), this.#strip, this.#cards);
  }

  take(status) {
    if (status.plan) this.#plan = status.plan;
    const stages = this.#plan?.stages ?? [];
    this.#drawStrip(status, stages);
    const workers = status.workers.filter((worker) => worker.state !== "dead" || worker.silence_seconds < shownFor);
    // Lost ones stay where they were until another has their layers.
    const placeOf = (worker) => {
      const stage = stages.findIndex((stage) => stage.worker === worker.name);
      return stage >= 0 ? stage : worker.state === "dead" ? 2000 : 1000;
    };
    workers.sort((a, b) => placeOf(a) - placeOf(b));
    const names = new Set(workers.map((worker) => worker.name));
    for (const [name, card] of this.#drawn) if (!names.has(name)) { card.remove(); this.#drawn.delete(name); }
    workers.forEach((worker, index) => {
      const stage = stages.findIndex((stage) => stage.worker === worker.name);
      const card = drawCard(worker, stage, stages[stage], status);
      const old = this.#drawn.get(worker.name);
      if (old) old.replaceWith(card);
      if (this.#cards.children[index] !== card) this.#cards.insertBefore(card, this.#cards.children[index] ?? null);
      this.#drawn.set(worker.name, card);
    });
  }

  #drawStrip(status, stages) {
    if (this.#cells.length !== status.model.layers) {
      this.#cells = Array.from({ length: status.model.layers }, () => make("span", {}));
      this.#strip.replaceChildren(...this.#cells);
    }
    const states = new Map(status.workers.map((worker) => [worker.name, worker.state]));
    this.#cells.forEach((cell, layer) => {
      const index = stages.findIndex((stage) => layer >= stage.first_layer && layer < stage.first_layer + stage.layer_count);
      const stage = stages[index];
      const isLost = stage && (states.get(stage.worker) ?? "dead") === "dead";
      cell.className = !stage ? "is-free" : isLost ? "is-lost" : stage.loaded < 1 ? "is-loading" : "";
      cell.classList.toggle("is-first", layer > 0 && stage?.first_layer === layer);
      cell.style.setProperty("--tint", `${tints[Math.max(0, index) % tints.length]}%`);
      cell.title = stage ? `Layer ${layer}: ${stage.worker}` : `Layer ${layer}: no worker`;
    });
    this.#strip.setAttribute("aria-label", stages.map((stage) =>
      `${stage.worker} has layers ${stage.first_layer} to ${stage.first_layer + stage.layer_count - 1}`).join("; "));
  }
}

function drawCard(worker, index, stage, status) {
  const isLost = worker.state === "dead";
  const state = isLost ? `lost ${ago(worker.silence_seconds)}` : worker.state === "suspect" ? "not heard"
    : worker.state === "draining" ? "draining" : !stage ? "standby"
    : stage.loaded < 1 ? `loading ${percent(stage.loaded)}` : `stage ${index}`;
  const card = make("li", { class: `worker is-${isLost ? "lost" : worker.state}${stage ? "" : " is-standby"}` },
    make("header", {}, make("h3", {}, worker.name), make("span", { class: "badge" }, state)));
  if (stage) {
    const last = stage.first_layer + stage.layer_count - 1;
    const ends = [stage.has_embedding ? "embedding" : null, stage.has_head ? "head" : null].filter(Boolean).join(" and ");
    card.append(make("p", { class: "span" }, `Layers ${stage.first_layer}–${last}`, ends ? make("span", { class: "soft" }, ` with ${ends}`) : null));
    card.style.setProperty("--tint", `${tints[index % tints.length]}%`);
  }
  if (isLost) card.append(make("p", { class: "small" }, stage ? "Its layers wait for another worker." : "Its layers are with others now."));
  if (worker.memory_bytes) card.append(...memory(worker, stage, status.cache));
  return card;
}

function memory(worker, stage, cache) {
  const weights = stage?.weight_bytes ?? 0;
  const pages = stage?.kv_bytes ?? 0;
  const used = cache?.pages ? pages * cache.used_pages / cache.pages : 0;
  // Small parts of a large memory would not be seen: the bar shows what the stage takes.
  const whole = Math.max(1, stage ? weights + pages : worker.memory_bytes);
  const part = (kind, size) => {
    const element = make("span", { class: kind });
    element.style.width = `${100 * size / whole}%`;
    return element;
  };
  const share = percent(used / Math.max(1, pages));
  const machine = [bytes(worker.memory_bytes), worker.device, plural(worker.threads, "thread")].join(", ");
  return [
    stage ? make("div", { class: "memory", role: "img", "aria-label": `Weights ${bytes(weights)}, cache ${bytes(pages)}, ${share} of it used` },
      part("weights", weights), part("used", used), part("reserved", pages - used)) : null,
    stage ? make("p", { class: "small" }, `${bytes(weights)} weights, ${bytes(pages)} cache, ${share} used`) : null,
    make("p", { class: "soft small" }, machine),
  ].filter(Boolean);
}
