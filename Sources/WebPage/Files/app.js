// Puts the page together: views, theme, key, and the server's state.

import { byId, icon, iconButton, make } from "./dom.js";
import { apiKey, setAPIKey, getJSON } from "./api.js";
import { LiveCluster } from "./live.js";
import { Chat } from "./chat.js";
import { ClusterView, phaseName } from "./cluster.js";
import { rate } from "./format.js";

const live = new LiveCluster();
const chat = new Chat(live, askForKey);
const cluster = new ClusterView(live, () => chat.running);

// Views

function showView() {
  const view = location.hash === "#cluster" ? "cluster" : "chat";
  for (const name of ["chat", "cluster"]) {
    byId(name).hidden = name !== view;
    byId(`to-${name}`).setAttribute("aria-current", name === view ? "page" : "false");
  }
  for (const button of document.querySelectorAll(".chat-only")) button.hidden = view !== "chat";
  cluster.isShown = view === "cluster";
  if (view === "chat") chat.show();
  live.ask();
}

function toggle(name, button) {
  const isShown = document.body.classList.toggle(name);
  button.setAttribute("aria-expanded", String(isShown));
}

const settingsButton = iconButton("sliders", "Settings of the chat", () => toggle("shows-settings", settingsButton),
  { class: "quiet chat-only", "aria-expanded": "false", "aria-controls": "settings" });
const menuButton = iconButton("menu", "Conversations", () => toggle("shows-sidebar", menuButton),
  { class: "quiet chat-only", id: "menu", "aria-expanded": "false", "aria-controls": "sidebar" });

// Theme

const themes = ["auto", "light", "dark"];
const themeButton = iconButton("auto", "Colors", () => setTheme(themes[(themes.indexOf(theme()) + 1) % themes.length]));
const theme = () => localStorage.getItem("longhaul.theme") ?? "auto";

function setTheme(name) {
  localStorage.setItem("longhaul.theme", name);
  document.documentElement.dataset.theme = name;
  themeButton.replaceChildren(icon(name));
  const label = `Colors: ${name === "auto" ? "as the system has them" : name}`;
  themeButton.setAttribute("aria-label", label);
  themeButton.title = label;
}

// Key

const keyDialog = byId("key-dialog");
function askForKey() {
  if (keyDialog.open) return;
  byId("key-input").value = apiKey();
  keyDialog.showModal();
}
byId("key-cancel").addEventListener("click", () => keyDialog.close(""));
keyDialog.addEventListener("close", () => {
  if (keyDialog.returnValue !== "save") return;
  setAPIKey(byId("key-input").value.trim());
  loadModel();
  live.ask();
});

// The server

async function loadModel() {
  try {
    const { data: [model] } = await getJSON("v1/models");
    byId("model").textContent = model.id;
    chat.model = { name: model.id, trained: model.meta.n_ctx_train, context: model.max_model_len };
  } catch (error) {
    if (error.status === 401) askForKey();
    else setTimeout(loadModel, 3000);
  }
}

let wasAsked = false;
live.listen(({ status, error, rates }) => {
  const pulse = byId("pulse");
  if (error?.status === 401 && !wasAsked) { wasAsked = true; askForKey(); }
  const isServing = !error && status?.phase.name === "serving";
  pulse.className = `pulse ${isServing ? "is-well" : error ? "is-away" : "is-ill"}`;
  const speed = isServing && rates.generated >= 0.5 ? `, ${rate(rates.generated)} tokens/s` : "";
  const text = error ? (error.status === 401 ? "Needs a key" : "Not reached") : `${phaseName(status.phase)}${speed}`;
  byId("pulse-text").textContent = text;
  drawMark(error ? null : status);
  live.interval = location.hash === "#cluster" ? 400 : chat.running ? 700 : 2500;
});

/** The stages in the header, a part each; lost ones are red. */
function drawMark(status) {
  if (!status?.plan) return;
  const states = new Map(status.workers.map((worker) => [worker.name, worker.state]));
  byId("mark").replaceChildren(...status.plan.stages.map((stage) => {
    const part = make("span", { class: (states.get(stage.worker) ?? "dead") === "dead" ? "is-lost" : null });
    part.style.flexGrow = String(stage.layer_count);
    return part;
  }));
}

byId("tools").append(settingsButton, iconButton("key", "API key", askForKey), themeButton);
byId("menu-place").replaceWith(menuButton);
byId("close-settings").append(icon("close"));
byId("close-settings").addEventListener("click", () => toggle("shows-settings", settingsButton));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || keyDialog.open) return;
  if (chat.running) chat.stop();
  document.body.classList.remove("shows-sidebar");
});
addEventListener("hashchange", showView);
setTheme(theme());
await chat.start();
showView();
await loadModel();
