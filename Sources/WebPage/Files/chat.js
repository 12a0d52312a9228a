// The chat: a conversation, its answers, and what goes with them.

import { make, byId, announce } from "./dom.js";
import { chat as streamChat } from "./api.js";
import { ConversationStore, newConversation } from "./conversations.js";
import { newAnswer, requestMessages, applyEvent, PrefillClock } from "./answering.js";
import { userTurn, toolTurn, AnswerTurn } from "./turn.js";
import { Composer } from "./composer.js";
import { Sidebar } from "./sidebar.js";
import { Road } from "./road.js";
import { Settings } from "./settings.js";
import { count } from "./format.js";

export class Chat {
  #store = new ConversationStore();
  #conversation = newConversation();
  #stopping = null;
  #road = new Road();
  #settings = new Settings();
  #thread = byId("thread");
  #model = null;
  /** The answer on its way; null when none is. */
  running = null;
  #lastEvent = 0;

  constructor(live, needKey) {
    this.live = live;
    this.needKey = needKey;
    this.composer = new Composer({ send: (text, documents) => this.send(text, documents), stop: () => this.stop() });
    this.sidebar = new Sidebar({
      start: () => this.open(newConversation()), open: (conversation) => this.open(conversation),
      remove: (conversation) => this.remove(conversation),
    });
    byId("sidebar-place").replaceWith(this.sidebar.element);
    byId("composer-place").replaceWith(this.composer.element, this.#road.element);
    byId("settings-place").replaceWith(this.#settings.element);
    this.composer.receiveDrops(byId("chat"));
    live.listen(() => this.#explainSilence());
  }

  async start() {
    await this.#store.open();
    await this.open(newConversation());
  }

  /** @param model its name, trained and longest length */
  set model(model) {
    this.#model = model;
    this.#drawRoad();
    if (this.#conversation.messages.length === 0) this.#draw();
  }

  // Conversations

  async open(conversation) {
    this.stop();
    this.#conversation = conversation;
    this.#draw();
    await this.#drawSidebar();
    document.body.classList.remove("shows-sidebar");
    if (matchMedia("(min-width: 60rem)").matches) this.composer.focus();
  }

  async remove(conversation) {
    await this.#store.remove(conversation.id);
    if (conversation.id === this.#conversation.id) await this.open(newConversation());
    else await this.#drawSidebar();
  }

  async #save() {
    await this.#store.save(this.#conversation);
    await this.#drawSidebar();
  }

  async #drawSidebar() { this.sidebar.draw(await this.#store.all(), this.#conversation); }

  // Messages

  async send(content, documents = []) {
    this.#conversation.messages.push({ role: "user", content, documents });
    await this.#answer();
  }

  async #edit(message, content) {
    this.stop();
    message.content = content;
    this.#cutAfter(message);
    await this.#answer();
  }

  async #again(answer) {
    this.stop();
    const { messages } = this.#conversation;
    messages.length = messages.indexOf(answer);
    await this.#answer();
  }

  async #giveResult(answer, call, content) {
    call.isAnswered = true;
    this.#conversation.messages.push({ role: "tool", call: call.id, content });
    if (answer.calls.every((other) => other.isAnswered)) await this.#answer(); else this.#draw();
  }

  #cutAfter(message) {
    const { messages } = this.#conversation;
    messages.length = messages.indexOf(message) + 1;
  }

  stop() { this.#stopping?.abort(); }

  /** The view is seen again; a hidden one forgets where it was. */
  show() { this.#scroll(true); }

  async #answer() {
    const conversation = this.#conversation;
    const request = { messages: requestMessages(this.#settings.system, conversation.messages), ...this.#settings.request };
    const answer = newAnswer();
    conversation.messages.push(answer);
    this.#draw();
    const turn = this.#turnOf(answer);
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.running = answer;
    this.composer.isRunning = true;
    this.#lastEvent = performance.now();
    turn.begin();
    await this.#save();
    try {
      if (this.#settings.problem) throw new Error(this.#settings.problem);
      await this.#follow(streamChat(request, stopping.signal), answer, turn);
    } catch (error) {
      if (stopping.signal.aborted) answer.end = { ...answer.end, reason: "stopped" };
      else this.#fail(answer, error);
    }
    if (this.running === answer) this.running = null;
    this.composer.isRunning = this.running !== null;
    turn.draw(false);
    announce(answer.error ?? "The answer is complete.");
    if (conversation === this.#conversation) { this.#drawRoad(); this.#scroll(); await this.#save(); }
    else await this.#store.save(conversation);
  }

  async #follow(events, answer, turn) {
    const clock = new PrefillClock();
    let isDrawing = false;
    for await (const event of events) {
      this.#lastEvent = performance.now();
      if (event.progress) {
        turn.showProgress(event.progress, clock.left(event.progress, this.#lastEvent));
        this.#road.update(event.progress.total, this.#model, null);
        continue;
      }
      applyEvent(answer, event);
      turn.showNote("");
      if (isDrawing) continue;
      isDrawing = true;
      requestAnimationFrame(() => { isDrawing = false; if (this.running === answer) { turn.draw(true); this.#scroll(); } });
    }
  }

  #fail(answer, error) {
    answer.error = error.message;
    if (error.status === 401) this.needKey();
  }

  /** Why an answer that runs has stopped growing, if the cluster knows. */
  #explainSilence() {
    if (!this.running || performance.now() - this.#lastEvent < 700) return;
    const phase = this.live.status?.phase;
    const isAway = phase && phase.name !== "serving";
    this.#turnOf(this.running)?.showNote(
      isAway ? "A worker was lost. The answer continues, unchanged, as soon as its layers are back." : "");
  }

  // Drawing

  #turns = new Map();
  #turnOf(message) { return this.#turns.get(message); }

  #draw() {
    this.#turns.clear();
    const { messages } = this.#conversation;
    this.#thread.replaceChildren(...(messages.length === 0 ? [this.#welcome()] : messages.map((message) => {
      if (message.role === "user") return userTurn(message, (content) => this.#edit(message, content));
      if (message.role === "tool") return toolTurn(message);
      const turn = new AnswerTurn(message, {
        again: () => this.#again(message), result: (call, text) => this.#giveResult(message, call, text),
      });
      this.#turns.set(message, turn);
      return turn.element;
    })));
    this.#drawRoad();
    this.#scroll(true);
  }

  #welcome() {
    const model = this.#model;
    return make("div", { class: "welcome" },
      make("h1", {}, "What should it read?"),
      make("p", {}, model
        ? `${model.name} was trained on ${count(model.trained)} tokens and reads up to ${count(model.context)} here. `
          + "Drop in a document, or just ask."
        : "Drop in a document, or just ask."));
  }

  #drawRoad() {
    const end = this.#conversation.messages.findLast((message) => message.end?.usage)?.end;
    this.#road.update(end ? end.usage.prompt_tokens + end.usage.completion_tokens : null, this.#model, end?.policy);
  }

  /** Follows the text while its end is in sight. */
  #scroll(always = false) {
    const place = byId("scroll");
    const distance = place.scrollHeight - place.scrollTop - place.clientHeight;
    if (always || distance < 160) place.scrollTop = place.scrollHeight;
  }
}
