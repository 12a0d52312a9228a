// Reads a stream of server-sent events as it comes, in whatever pieces.

/** Takes text in pieces; gives `{ data }` and `{ comment }` for each whole line group. */
export class EventReader {
  #rest = "";

  take(text) {
    const groups = (this.#rest + text).replaceAll("\r\n", "\n").split("\n\n");
    this.#rest = groups.pop();
    return groups.flatMap((group) => EventReader.#read(group));
  }

  static #read(group) {
    const lines = group.split("\n");
    const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).replace(/^ /, ""));
    const comments = lines.filter((line) => line.startsWith(":")).map((line) => ({ comment: line.slice(1).trim() }));
    return data.length > 0 ? [...comments, { data: data.join("\n") }] : comments;
  }
}

/** What a comment says of a prompt that is being read: `prefill 512/8000`. */
export function prefillProgress(comment) {
  const match = /^prefill (\d+)\/(\d+)$/.exec(comment);
  return match ? { done: Number(match[1]), total: Number(match[2]) } : null;
}
