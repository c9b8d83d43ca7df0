// What every page does: the theme button, times in the reader's own zone, questions before deletion.

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

function askBeforeSubmitting(event) {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
}

setUpTheme();
localTimes(document);
document.addEventListener("submit", askBeforeSubmitting);
document.body.addEventListener("htmx:afterSettle", (event) => localTimes(event.target.ownerDocument));
document.body.addEventListener("htmx:sendError", () => say("The server cannot be reached."));
