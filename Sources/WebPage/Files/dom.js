// Makes elements. Text is only ever text here: no string becomes markup.

/** An element with properties, attributes and children; `false` and `null` children are left out. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "on") for (const [event, action] of Object.entries(value)) element.addEventListener(event, action);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const icons = {
  menu: "M3 6h18M3 12h18M3 18h18",
  send: "M12 19V5M5 12l7-7 7 7",
  stop: "M7 7h10v10H7z",
  attach: "M20 11.5 12 19.5a5 5 0 0 1-7-7l8-8a3.3 3.3 0 0 1 4.7 4.7l-8 8a1.7 1.7 0 0 1-2.4-2.4l7.3-7.3",
  copy: "M9 9h10v10H9zM5 15V5h10",
  again: "M4 12a8 8 0 1 1 2.5 5.8M4 20v-5h5",
  edit: "M4 20h4L19 9l-4-4L4 16z",
  sliders: "M4 8h8M18 8h2M4 16h2M12 16h8M17 8a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM11 16a2 2 0 1 1-4 0 2 2 0 0 1 4 0z",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  key: "M11 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM11 12h10v3M17 12v2.5",
  close: "M6 6l12 12M18 6L6 18",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5 19 19M5 19l1.5-1.5M17.5 6.5 19 5",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  auto: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  file: "M7 3h7l5 5v13H7zM14 3v5h5",
};

export function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(namespace, "svg");
  const path = document.createElementNS(namespace, "path");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  picture.setAttribute("class", "icon");
  path.setAttribute("d", icons[name]);
  picture.append(path);
  return picture;
}

/** A button with a picture, and words for those who do not see it. */
export function iconButton(name, label, action, properties = {}) {
  return make("button", { type: "button", class: "quiet", "aria-label": label, title: label, on: { click: action },
    ...properties }, icon(name));
}

/** Says something to a screen reader. */
export function announce(text) { document.getElementById("announcer").textContent = text; }

/** Whether the text is in the clipboard now. Pages without TLS from another machine have the old way only. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = make("textarea", { class: "hidden" });
    field.value = text;
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    return isCopied;
  }
}

export const byId = (id) => document.getElementById(id);
