// Where a message is written and sent.

import { make, icon, iconButton } from "./dom.js";
import { DocumentTray } from "./documents.js";

export class Composer {
  #input = make("textarea", { id: "message", rows: "1", placeholder: "Ask, or drop in a long document", "aria-label": "Message" });
  #button = make("button", { type: "submit", class: "primary round" });
  #isRunning = false;
  #tray = new DocumentTray(() => this.#draw());

  /** @param actions `send(text, documents)`, `stop()` */
  constructor(actions) {
    this.actions = actions;
    this.element = make("form", { class: "composer", on: { submit: (event) => { event.preventDefault(); this.#submit(); } } },
      this.#tray.element, this.#input,
      make("div", { class: "row" },
        iconButton("attach", "Add documents", () => this.#tray.input.click()), this.#tray.input,
        make("span", { class: "soft small grow" }, "Enter sends, Shift+Enter breaks the line"), this.#button));
    this.#input.addEventListener("input", () => this.#draw());
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.#submit(); }
    });
    this.#draw();
  }

  /** Takes files that are dropped on an element. */
  receiveDrops(target) {
    const over = (isOver) => (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      target.classList.toggle("is-dropping", isOver);
    };
    target.addEventListener("dragover", over(true));
    target.addEventListener("dragleave", over(false));
    target.addEventListener("drop", (event) => {
      over(false)(event);
      if (event.dataTransfer?.files.length) this.#tray.add(event.dataTransfer.files);
    });
  }

  focus() { this.#input.focus(); }

  set isRunning(isRunning) {
    this.#isRunning = isRunning;
    this.#draw();
  }

  #submit() {
    if (this.#isRunning) { this.actions.stop(); return; }
    const text = this.#input.value.trim();
    if (!text && this.#tray.documents.length === 0) return;
    this.#input.value = "";
    this.actions.send(text, this.#tray.take());
    this.#draw();
  }

  #draw() {
    this.#input.style.height = "auto";
    if (this.#input.scrollHeight) this.#input.style.height = `${Math.min(this.#input.scrollHeight, 240)}px`;
    this.#button.replaceChildren(icon(this.#isRunning ? "stop" : "send"));
    const label = this.#isRunning ? "Stop" : "Send";
    this.#button.setAttribute("aria-label", label);
    this.#button.title = label;
    this.#button.disabled = !this.#isRunning && !this.#input.value.trim() && this.#tray.documents.length === 0;
  }
}
