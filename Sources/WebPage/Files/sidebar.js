// The conversations of this browser.

import { make, iconButton } from "./dom.js";
import { titleOf } from "./conversations.js";

export class Sidebar {
  #list = make("ul", {});

  /** @param actions `start()`, `open(conversation)`, `remove(conversation)` */
  constructor(actions) {
    this.actions = actions;
    this.element = make("nav", { class: "sidebar", id: "sidebar", "aria-label": "Conversations" },
      make("button", { type: "button", class: "plain wide-button", on: { click: () => actions.start() } }, "New conversation"),
      this.#list, make("p", { class: "soft small" }, "Kept in this browser only."));
  }

  draw(conversations, current) {
    this.#list.replaceChildren(...conversations.map((conversation) => make("li",
      { class: conversation.id === current.id ? "is-current" : null },
      make("button", { type: "button", class: "title", "aria-current": conversation.id === current.id ? "true" : null,
        on: { click: () => this.actions.open(conversation) } }, titleOf(conversation)),
      iconButton("trash", `Delete ${titleOf(conversation)}`, () => this.actions.remove(conversation)))));
  }
}
