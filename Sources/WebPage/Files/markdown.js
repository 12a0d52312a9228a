// Markdown as a tree of plain values. Reads what models write; whatever is not closed yet is text.

const maximumDepth = 8;
/** A mark without its end is looked for so far, so that a long row of marks costs no more than its length. */
const reach = 4000;

/** Blocks, each with its source: equal sources are equal blocks. */
export function parse(text) { return blocks(text.replaceAll("\r\n", "\n").split("\n"), 0); }

function blocks(lines, depth) {
  const found = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at].trim() === "") { at += 1; continue; }
    const rule = depth < maximumDepth ? rules.find((rule) => rule.begins(lines, at)) : undefined;
    const { block, next } = (rule ?? paragraph).read(lines, at, depth);
    found.push({ ...block, source: lines.slice(at, next).join("\n") });
    at = next;
  }
  return found;
}

const fence = {
  begins: (lines, at) => /^ {0,3}(`{3,}|~{3,})/.test(lines[at]),
  read(lines, at) {
    const [, indent, mark, info] = /^( {0,3})(`{3,}|~{3,})(.*)$/.exec(lines[at]);
    const closing = new RegExp(`^ {0,3}${mark[0]}{${mark.length},}\\s*$`);
    let end = at + 1;
    while (end < lines.length && !closing.test(lines[end])) end += 1;
    const code = lines.slice(at + 1, end).map((line) => line.startsWith(indent) ? line.slice(indent.length) : line);
    return {
      block: { type: "code", language: info.trim().split(/\s/)[0] ?? "", text: code.join("\n"), isOpen: end >= lines.length },
      next: Math.min(end + 1, lines.length),
    };
  },
};

const heading = {
  begins: (lines, at) => /^ {0,3}#{1,6}\s/.test(lines[at]),
  read(lines, at) {
    const [, marks, text] = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(lines[at]) ?? [null, "#", ""];
    return { block: { type: "heading", level: marks.length, children: inlines(text) }, next: at + 1 };
  },
};

const line = {
  begins: (lines, at) => /^ {0,3}([-*_])\s*(\1\s*){2,}$/.test(lines[at]),
  read: (lines, at) => ({ block: { type: "rule" }, next: at + 1 }),
};

const quote = {
  begins: (lines, at) => /^ {0,3}>/.test(lines[at]),
  read(lines, at, depth) {
    let end = at;
    while (end < lines.length && lines[end].trim() !== "" && (end === at || /^ {0,3}>/.test(lines[end]))) end += 1;
    const inner = lines.slice(at, end).map((text) => text.replace(/^ {0,3}> ?/, ""));
    return { block: { type: "quote", children: blocks(inner, depth + 1) }, next: end };
  },
};

const itemPattern = /^( {0,12})([-*+]|\d{1,9}[.)])(\s+|$)(.*)$/;

const list = {
  begins: (lines, at) => itemPattern.test(lines[at]) && !line.begins(lines, at),
  read(lines, at, depth) {
    const first = itemPattern.exec(lines[at]);
    const indent = first[1].length;
    const isOrdered = /\d/.test(first[2]);
    const items = [];
    let end = at;
    while (end < lines.length) {
      const match = itemPattern.exec(lines[end]);
      if (match && match[1].length <= indent + 1 && /\d/.test(match[2]) === isOrdered) {
        items.push([match[4]]);
      } else if (lines[end].trim() === "") {
        const next = lines[end + 1] ?? "";
        if (!/^\s{2,}\S/.test(next) && !itemPattern.test(next)) break;
        items.at(-1).push("");
      } else if (/^\s/.test(lines[end]) || (!rules.some((rule) => rule.begins(lines, end)) && lines[end - 1].trim() !== "")) {
        items.at(-1).push(lines[end].replace(new RegExp(`^\\s{0,${indent + first[2].length + 1}}`), ""));
      } else break;
      end += 1;
    }
    return {
      block: {
        type: "list", isOrdered, start: isOrdered ? Number.parseInt(first[2], 10) : 1,
        items: items.map((item) => readItem(item, depth)),
      }, next: end,
    };
  },
};

function readItem(lines, depth) {
  const task = /^\[([ xX])\]\s+/.exec(lines[0]);
  if (task) lines = [lines[0].slice(task[0].length), ...lines.slice(1)];
  return { isDone: task ? task[1] !== " " : null, children: blocks(lines, depth + 1) };
}

const tablePattern = /^ {0,3}\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

const table = {
  begins: (lines, at) => lines[at].includes("|") && at + 1 < lines.length && lines[at + 1].includes("-")
    && tablePattern.test(lines[at + 1]) && cells(lines[at]).length === cells(lines[at + 1]).length,
  read(lines, at) {
    const head = cells(lines[at]);
    const sides = cells(lines[at + 1]).map((cell) =>
      cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "right") : "left");
    let end = at + 2;
    while (end < lines.length && lines[end].includes("|")) end += 1;
    const rows = lines.slice(at + 2, end).map((row) => head.map((_, index) => inlines(cells(row)[index] ?? "")));
    return { block: { type: "table", head: head.map(inlines), sides, rows }, next: end };
  },
};

function cells(row) {
  const inner = row.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

const rules = [fence, heading, line, quote, list, table];

const paragraph = {
  read(lines, at, depth) {
    let end = at + 1;
    while (end < lines.length && lines[end].trim() !== ""
      && (depth >= maximumDepth || !rules.some((rule) => rule.begins(lines, end)))) end += 1;
    return { block: { type: "paragraph", children: inlines(lines.slice(at, end).map((text) => text.trimStart()).join("\n")) }, next: end };
  },
};

// Within a line

/** Text, code, emphasis, links and breaks of a text without blocks. */
export function inlines(text, depth = 0) {
  const found = [];
  let plain = "";
  const flush = () => { if (plain) found.push({ type: "text", text: plain }); plain = ""; };
  let at = 0;
  while (at < text.length) {
    const span = depth < maximumDepth ? readSpan(text, at, depth) : null;
    if (span) {
      flush();
      found.push(span.node);
      at = span.next;
    } else if (text[at] === "\\" && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? "")) {
      plain += text[at + 1];
      at += 2;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return found;
}

function readSpan(text, at, depth) {
  switch (text[at]) {
    case "`": return readCode(text, at);
    case "*": case "_": case "~": return readEmphasis(text, at, depth);
    case "[": return readLink(text, at, depth);
    case "!": return text[at + 1] === "[" ? readLink(text, at + 1, depth) : null;
    case "<": return readAddress(text, at);
    case "h": return readBareAddress(text, at);
    case "\n": return { node: { type: "break" }, next: at + 1 };
    default: return null;
  }
}

function readCode(text, at) {
  const mark = /^`+/.exec(text.slice(at, at + 16))[0];
  const end = text.slice(0, at + reach).indexOf(mark, at + mark.length);
  if (end < 0 || text[end + mark.length] === "`") return null;
  const code = text.slice(at + mark.length, end).replaceAll("\n", " ");
  return { node: { type: "code", text: code.trim() === "" ? code : code.replace(/^ (.*) $/, "$1") }, next: end + mark.length };
}

function readEmphasis(text, at, depth) {
  const character = text[at];
  const length = Math.min(3, /^(.)\1*/.exec(text.slice(at, at + 4))[0].length);
  if (character === "~" && length === 1) return null;
  const mark = character.repeat(length);
  const isWord = (place) => /[\p{L}\p{N}]/u.test(text[place] ?? "");
  const start = at + length;
  if (!/\S/.test(text[start] ?? "") || (character === "_" && isWord(at - 1))) return null;
  const window = text.slice(0, start + reach);
  let end = start;
  for (;;) {
    end = window.indexOf(mark, end + 1);
    if (end < 0) return null;
    const isDoubled = length === 1 && (text[end + 1] === character || text[end - 1] === character);
    if (!isDoubled && /\S/.test(text[end - 1]) && !(character === "_" && isWord(end + length))) break;
    if (isDoubled) end += 1;
  }
  const type = character === "~" ? "strike" : length === 1 ? "emphasis" : "strong";
  const children = inlines(text.slice(start, end), depth + 1);
  return { node: { type, children: length === 3 ? [{ type: "emphasis", children }] : children }, next: end + length };
}

function readLink(text, at, depth) {
  const match = /^\[((?:[^[\]\\]|\\.){0,1000})\]\(\s*<?([^\s()<>]{1,2000}(?:\([^\s()]*\)[^\s()]*)?)>?(?:\s+["'][^"']*["'])?\s*\)/
    .exec(text.slice(at, at + reach));
  if (!match) return null;
  const address = safeAddress(match[2]);
  const children = inlines(match[1] || match[2], depth + 1);
  const node = address ? { type: "link", address, children } : { type: "span", children };
  return { node, next: at + match[0].length };
}

function readAddress(text, at) {
  const match = /^<((?:https?:\/\/|mailto:)[^\s<>]+)>/.exec(text.slice(at, at + 2000));
  return match ? link(match[1], at + match[0].length) : null;
}

function readBareAddress(text, at) {
  if (/[\p{L}\p{N}]/u.test(text[at - 1] ?? "")) return null;
  const match = /^https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]*_~]/.exec(text.slice(at, at + 2000));
  return match ? link(match[0], at + match[0].length) : null;
}

function link(text, next) {
  const address = safeAddress(text);
  return address ? { node: { type: "link", address, children: [{ type: "text", text }] }, next } : null;
}

/** Only addresses that open a page or a mail; nothing that runs. */
export function safeAddress(text) {
  try {
    const address = new URL(text);
    return ["http:", "https:", "mailto:"].includes(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}
