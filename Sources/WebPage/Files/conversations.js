// Conversations, kept in this browser and nowhere else.

const databaseName = "longhaul";
const storeName = "conversations";

/** Random, by what a page without TLS has, too. */
const newID = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(16)).join("-");

export const newConversation = () => ({ id: newID(), title: "", updated: Date.now(), messages: [] });

/** The first words of the first message. */
export function titleOf(conversation) {
  const first = conversation.messages.find((message) => message.role === "user");
  const text = (first?.content || first?.documents?.[0]?.name || "").trim().replace(/\s+/g, " ");
  return text.length > 60 ? `${text.slice(0, 57)}…` : text || "New conversation";
}

/** Where the browser keeps nothing (a private window), conversations last as long as the page. */
export class ConversationStore {
  #database = null;
  #memory = new Map();

  async open() {
    try {
      this.#database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open(databaseName, 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore(storeName, { keyPath: "id" });
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
    } catch { /* Memory serves. */ }
  }

  async all() {
    const found = this.#database
      ? await this.#run("readonly", (store) => store.getAll()) : [...this.#memory.values()];
    return found.sort((a, b) => b.updated - a.updated);
  }

  async save(conversation) {
    conversation.updated = Date.now();
    conversation.title = titleOf(conversation);
    const copy = structuredClone(conversation);
    if (!this.#database) { this.#memory.set(copy.id, copy); return; }
    try { await this.#run("readwrite", (store) => store.put(copy)); } catch { this.#memory.set(copy.id, copy); }
  }

  async remove(id) {
    this.#memory.delete(id);
    if (this.#database) await this.#run("readwrite", (store) => store.delete(id));
  }

  #run(mode, action) {
    return new Promise((resolve, reject) => {
      const asked = action(this.#database.transaction(storeName, mode).objectStore(storeName));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  }
}
