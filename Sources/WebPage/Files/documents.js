// Files that are dropped in become part of the next message, as long documents.

import { make, icon, iconButton, announce } from "./dom.js";
import { tokenCount } from "./api.js";
import { bytes, count } from "./format.js";

const maximumByteCount = 16 << 20;

/** A document as the model reads it. */
export function documentText({ name, text }) { return `<document name="${name.replaceAll('"', "'")}">\n${text}\n</document>`; }

/** A message as the model reads it: its documents, then its words. */
export function messageText(message) {
  return [...(message.documents ?? []).map(documentText), message.content].filter(Boolean).join("\n\n");
}

/** A list of documents with their lengths; `isOpen` lets them be taken away. */
export function documentChips(documents, remove) {
  return make("ul", { class: "documents", "aria-label": "Documents" }, documents.map((document) => {
    const length = document.tokens ? `${count(document.tokens)} tokens` : bytes(document.text.length);
    return make("li", {}, icon("file"), make("span", { class: "name" }, document.name),
      make("span", { class: "soft" }, length),
      remove ? iconButton("close", `Remove ${document.name}`, () => remove(document)) : null);
  }));
}

export class DocumentTray {
  documents = [];

  constructor(changed) {
    this.changed = changed;
    this.element = make("div", { class: "tray" });
    this.input = make("input", { type: "file", multiple: true, hidden: true, "aria-label": "Documents",
      on: { change: () => { this.add(this.input.files); this.input.value = ""; } } });
  }

  /** Reads files; one that is no text is refused by name. */
  async add(files) {
    for (const file of files) {
      if (file.size > maximumByteCount) { this.#refuse(`${file.name} has more than ${bytes(maximumByteCount)}.`); continue; }
      const content = new Uint8Array(await file.arrayBuffer());
      let text;
      try { text = new TextDecoder("utf-8", { fatal: true }).decode(content); } catch { text = null; }
      if (text === null || text.includes("\0")) { this.#refuse(`${file.name} is no text file.`); continue; }
      const document = { name: file.name, text, tokens: null };
      this.documents.push(document);
      this.#draw();
      announce(`${file.name} was added.`);
      try { document.tokens = await tokenCount(text); } catch { /* Its bytes say enough. */ }
      this.#draw();
    }
  }

  take() {
    const taken = this.documents;
    this.documents = [];
    this.#draw();
    return taken;
  }

  #refuse(reason) {
    this.#draw();
    this.element.append(make("p", { class: "refusal", role: "alert" }, reason));
  }

  #draw() {
    const remove = (document) => { this.documents = this.documents.filter((other) => other !== document); this.#draw(); };
    this.element.replaceChildren(...(this.documents.length ? [documentChips(this.documents, remove)] : []));
    this.changed();
  }
}
