// Shared by all pages: the theme button, times in the reader's time zone, and rules for parts that refresh themselves.

import { say } from "./dom.js";

const THEMES = { system: "System", light: "Light", dark: "Dark" };
const NEXT = { system: "light", light: "dark", dark: "system" };

function storedTheme() {
  try {
    const stored = localStorage.getItem("ingot-theme");
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch (blocked) {
    return document.documentElement.dataset.theme || "system";
  }
}

function keepTheme(name) {
  try {
    if (name === "system") localStorage.removeItem("ingot-theme");
    else localStorage.setItem("ingot-theme", name);
  } catch (blocked) {
    // Then it holds for this page only.
  }
}

function setUpTheme() {
  const button = document.getElementById("theme");
  const name = document.getElementById("theme-name");
  let theme = storedTheme();
  const show = () => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    name.textContent = THEMES[theme];
    button.setAttribute("aria-label", `Theme: ${THEMES[theme]}. Change to ${THEMES[NEXT[theme]]}`);
  };
  button.addEventListener("click", () => {
    theme = NEXT[theme];
    keepTheme(theme);
    show();
  });
  button.hidden = false;
  show();
}

const shortTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Show times in the reader's zone; the exact one in UTC stays in the title. */
export function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    time.title = time.dateTime;
    time.textContent = shortTime.format(moment);
  }
}

/** Parts that refresh themselves pause in a hidden tab, and while a confirmation in them is open. */
function restWhileInUse(event) {
  const part = event.detail.elt;
  const polls = part.getAttribute("hx-trigger")?.startsWith("every");
  if (polls && (document.hidden || part.querySelector("details[open]"))) event.preventDefault();
}

/** The key is not valid any more: the answer is the login page, not a part of this page. */
function leaveForLogin(event) {
  if (new URL(event.detail.xhr.responseURL || window.location.href).pathname !== "/login") return;
  event.preventDefault();
  window.location.reload();
}

setUpTheme();
localTimes(document);
document.body.addEventListener("htmx:afterSettle", () => localTimes(document));
document.body.addEventListener("htmx:beforeRequest", restWhileInUse);
document.body.addEventListener("htmx:beforeSwap", leaveForLogin);
document.body.addEventListener("htmx:sendError", () => say("The server cannot be reached."));
