// Draws Markdown that grows. Blocks that have not changed keep their elements.

import { parse } from "./markdown.js";
import { make, icon, copyText } from "./dom.js";

export class MarkdownView {
  #drawn = [];

  constructor() { this.element = make("div", { class: "prose" }); }

  update(text) {
    const blocks = parse(text);
    let same = 0;
    while (same < blocks.length && same < this.#drawn.length && blocks[same].source === this.#drawn[same].source) same += 1;
    for (const { element } of this.#drawn.splice(same)) element.remove();
    for (const block of blocks.slice(same)) {
      const element = draw(block);
      this.element.append(element);
      this.#drawn.push({ source: block.source, element });
    }
  }
}

function draw(block) {
  switch (block.type) {
    case "code": return drawCode(block);
    case "heading": return make(`h${Math.min(6, block.level + 2)}`, {}, spans(block.children));
    case "rule": return make("hr");
    case "quote": return make("blockquote", {}, block.children.map(draw));
    case "list": return drawList(block);
    case "table": return drawTable(block);
    default: return make("p", {}, spans(block.children));
  }
}

function drawCode(block) {
  const copy = make("button", { type: "button", class: "quiet small", on: { click: () => copyFrom(copy, block.text) } },
    icon("copy"), "Copy");
  return make("figure", { class: "code" },
    make("figcaption", {}, make("span", {}, block.language || "text"), copy),
    make("pre", { tabindex: "0" }, make("code", {}, block.text)));
}

async function copyFrom(button, text) {
  button.lastChild.textContent = await copyText(text) ? "Copied" : "Not allowed";
  setTimeout(() => { button.lastChild.textContent = "Copy"; }, 1500);
}

function drawList(block) {
  const items = block.items.map((item) => {
    const box = item.isDone === null ? null : make("input", { type: "checkbox", checked: item.isDone, disabled: true });
    // A single paragraph needs no paragraph of its own.
    const only = item.children.length > 0 && item.children[0].type === "paragraph" ? item.children[0] : null;
    return make("li", { class: box ? "task" : null }, box, only ? spans(only.children) : null,
      item.children.slice(only ? 1 : 0).map(draw));
  });
  return block.isOrdered ? make("ol", { start: block.start }, items) : make("ul", {}, items);
}

function drawTable(block) {
  const cell = (tag) => (children, index) => make(tag, { class: block.sides[index] }, spans(children));
  return make("div", { class: "wide", tabindex: "0" }, make("table", {},
    make("thead", {}, make("tr", {}, block.head.map(cell("th")))),
    make("tbody", {}, block.rows.map((row) => make("tr", {}, row.map(cell("td")))))));
}

function spans(nodes) {
  return nodes.map((node) => {
    switch (node.type) {
      case "text": return node.text;
      case "code": return make("code", {}, node.text);
      case "break": return make("br");
      case "strong": return make("strong", {}, spans(node.children));
      case "emphasis": return make("em", {}, spans(node.children));
      case "strike": return make("s", {}, spans(node.children));
      case "link":
        return make("a", { href: node.address, target: "_blank", rel: "noopener noreferrer" }, spans(node.children));
      default: return make("span", {}, spans(node.children));
    }
  });
}
