// The pipeline as it moves: a lane a stage, a bar a step, a gap where a stage waited.

import { make, byId } from "./dom.js";
import { place, busyShares } from "./placement.js";
import { percent } from "./format.js";

/** Seconds that the picture runs behind, so that steps arrive before they are drawn. */
const delay = 0.9;
const laneHeight = 34;
const kept = 4000;

export class Timeline {
  #canvas = make("canvas", { role: "img" });
  #labels = make("ol", { class: "lanes" });
  #shares = make("ol", { class: "lanes shares" });
  #steps = [];
  #placed = [];
  #outages = [];
  #offset = null;
  #span = 4;
  #isDrawing = false;

  constructor() {
    const spans = [1, 4, 20].map((span) => make("label", {},
      make("input", { type: "radio", name: "span", checked: span === this.#span, on: { change: () => { this.#span = span; this.#draw(); } } }),
      `${span} s`));
    this.element = make("section", { class: "block", "aria-labelledby": "pipeline-title" },
      make("header", {}, make("h2", { id: "pipeline-title" }, "Pipeline"),
        make("fieldset", { class: "choice" }, make("legend", { class: "hidden" }, "Time shown"), spans)),
      make("div", { class: "timeline" }, this.#labels, this.#canvas, this.#shares),
      make("p", { class: "legend" },
        make("span", { class: "key prefill" }), "prompt", make("span", { class: "key decode" }), "answers",
        make("span", { class: "key outage" }), "no plan", 
        make("span", { class: "grow" }),
        "Lengths are measured; when a bar began is estimated from the results."));
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
  }

  /** Takes what is new; `status.steps` has the steps since the last status. */
  take(status) {
    const moment = status.now - performance.now() / 1000;
    // The quickest answer tells the time best.
    this.#offset = this.#offset === null || moment < this.#offset - 5 ? moment : Math.max(moment, this.#offset);
    if (this.#steps.length && status.steps.length && status.steps[0].number <= this.#steps.at(-1).number) this.#steps = [];
    this.#steps = [...this.#steps, ...status.steps].slice(-kept);
    const starts = status.events.filter((event) => event.kind === "serving").map((event) => event.time);
    this.#placed = place(this.#steps, starts);
    this.#outages = outages(status.events, status.now);
    this.#label(status);
  }

  #label(status) {
    const names = status.plan?.stages.map((stage) => stage.worker) ?? [];
    if (names.length === 0) return;
    const end = this.#now - delay;
    const shares = busyShares(this.#placed, end - this.#span, end);
    this.#labels.replaceChildren(...names.map((name) => make("li", {}, name)));
    this.#shares.replaceChildren(...names.map((_, stage) => make("li", {}, percent(shares[stage] ?? 0))));
    this.#canvas.setAttribute("aria-label", names.map((name, stage) =>
      `${name} computed ${percent(shares[stage] ?? 0)} of the last ${this.#span} seconds`).join("; "));
    this.#canvas.style.height = `${names.length * laneHeight + 22}px`;
  }

  get #now() { return performance.now() / 1000 + (this.#offset ?? 0); }

  /** Moves while it is seen. */
  start() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)");
    let last = 0;
    const frame = (time) => {
      if (!this.#isDrawing) return;
      if (!isStill.matches || time - last > 1000) { last = time; this.#draw(); }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  stop() { this.#isDrawing = false; }

  #draw() {
    const canvas = this.#canvas;
    const scale = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (width === 0) return;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const end = this.#now - delay;
    const start = end - this.#span;
    const place = (time) => (time - start) / this.#span * width;
    const colors = paints();
    this.#drawGrid(pen, { start, end, place, width, height, colors });
    const lanes = Math.max(0, Math.floor((height - 22) / laneHeight));
    for (let lane = 0; lane < lanes; lane += 1) {
      pen.fillStyle = colors.lane;
      pen.fillRect(0, lane * laneHeight + 6, width, laneHeight - 10);
    }
    for (const { from, to } of this.#outages) {
      pen.fillStyle = colors.outage;
      pen.fillRect(place(from), 0, Math.max(2, place(to ?? end) - place(from)), height - 22);
    }
    for (const { step, bars } of this.#placed) {
      if (bars.length === 0 || step.completed < start - 1) continue;
      pen.fillStyle = step.prefill_tokens > 0 ? colors.prefill : colors.decode;
      bars.forEach((bar, lane) => {
        if (bar.end < start || bar.start > end || lane >= lanes) return;
        const left = place(bar.start);
        pen.fillRect(left, lane * laneHeight + 6, Math.max(1, place(Math.min(bar.end, end)) - left - 0.5), laneHeight - 10);
      });
    }
  }

  #drawGrid(pen, { start, end, place, width, height, colors }) {
    const step = this.#span <= 1 ? 0.25 : this.#span <= 4 ? 1 : 5;
    pen.fillStyle = colors.text;
    pen.strokeStyle = colors.line;
    pen.font = "12px ui-sans-serif, system-ui, sans-serif";
    pen.textAlign = "center";
    for (let time = Math.ceil(start / step) * step; time < end; time += step) {
      const x = Math.round(place(time)) + 0.5;
      pen.beginPath();
      pen.moveTo(x, 0);
      pen.lineTo(x, height - 20);
      pen.stroke();
      if (x > 30 && x < width - 30) pen.fillText(`${(end - time).toFixed(step < 1 ? 2 : 0)} s ago`, x, height - 4);
    }
  }
}

/** When no plan served, as the events say: `{ from, to }`, the last one perhaps still open. */
export function outages(events, now) {
  const found = [];
  for (const { kind, time } of events) {
    const open = found.at(-1);
    if (kind === "interrupted" && (!open || open.to !== null)) found.push({ from: time, to: null });
    if (kind === "serving" && open && open.to === null) open.to = time;
  }
  return found.filter(({ to }) => to === null || now - to < 60);
}

/** The colors of the theme in force, read from elements that have them. */
function paints() {
  const of = (name) => getComputedStyle(byId(`paint-${name}`)).color;
  return { prefill: of("prefill"), decode: of("decode"), lane: of("lane"), line: of("line"), text: of("text"), outage: of("outage") };
}
