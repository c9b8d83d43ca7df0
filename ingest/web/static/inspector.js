// The inspector: changes pages without a reload, lights up parts that belong together, and keeps the URL up to date.

import { setUpCorrections } from "./corrections.js";
import { ask, make, problemOf, say } from "./dom.js";
import { Lights, isBlock, isPassage, reveal } from "./lighting.js";
import { setUpLayers, setUpSplitters, setUpTabs, setUpTurning, setUpZoom } from "./panes.js";
import { markQuote, markTerms } from "./quotes.js";
import { setUpKeys } from "./inspector_keys.js";

const root = document.getElementById("inspector");
const sheetFrame = root.querySelector('[data-slot="sheet"]');
const line = document.getElementById("lit-line");
const hint = [...line.childNodes];
const pages = Number(root.dataset.pages);
const AGAIN_MS = 3000;

const tabs = setUpTabs(root.querySelector('[role="tablist"]'));
const toggleLayer = setUpLayers(root, sheetFrame);
const zoom = setUpZoom(root, sheetFrame);
const turnImage = setUpTurning(root, sheetFrame, zoom.show);
setUpSplitters(document.getElementById("panes"));

const current = () => Number(root.dataset.page);
const inPane = (name, elements) => elements.filter((element) => element.closest(`.pane-${name}`));

/** Describe the part that is lit in the line below the panes. */
function tell(key) {
  if (!key) return line.replaceChildren(...hint);
  const elements = lights.withKey(key);
  const titled = elements.find((element) => element.dataset.title);
  const piece = inPane("text", elements)[0];
  const overlay = inPane("sheet", elements)[0];
  const name = titled?.dataset.title ?? overlay?.querySelector("title")?.textContent ?? "";
  const parts = [make("span", { class: "lit-name" }, name)];
  if (isBlock(key) && piece) parts.push(` ${piece.textContent.trim().slice(0, 200)}`);
  if (titled?.classList.contains("unlocated")) parts.push(make("span", { class: "muted" }, "  not found in the document: no evidence"));
  else if (titled?.dataset.page && Number(titled.dataset.page) === current() && !overlay && !sheetFrame.querySelector("[data-imageless]")) parts.push(make("span", { class: "muted" }, "  its place on the image is not known"));
  else if (titled?.dataset.quote) parts.push(make("span", { class: "muted" }, `  printed on page ${titled.dataset.page} as `), `“${titled.dataset.quote}”`);
  return line.replaceChildren(...parts);
}

function lightChanged(key) {
  tell(key);
  const value = lights.withKey(key).find((element) => element.dataset.quote);
  const under = lights.neighbours(key);
  const pieces = inPane("text", lights.elements);
  const near = pieces.filter((element) => element.dataset.key.split(" ").some((one) => under.has(one)));
  const here = Number(value?.dataset.page) === current();
  markQuote(near.length || !here ? near : pieces, value?.dataset.quote ?? "");
}

const lights = new (class extends Lights {
  constructor() {
    super(root, () => {});
    this.changed = lightChanged;
  }
})();

/** Scroll every pane to the pinned part, except the pane where it was clicked. */
function revealPinned(from) {
  const key = lights.pinned;
  const own = lights.withKey(key);
  const near = lights.elements.filter((element) => element.classList.contains("near"));
  for (const name of ["found", "text", "sheet"]) {
    if (name === from) continue;
    const here = inPane(name, own);
    reveal(here.length ? here : inPane(name, near));
  }
}

const query = new URLSearchParams(location.search).get("q");

function addressOf(page, key) {
  const parts = new URLSearchParams({ page: String(page) });
  if (isPassage(key)) parts.set("chunk", key.slice(1));
  else if (key && !isBlock(key)) parts.set("record", key);
  if (query) parts.set("q", query);
  return `?${parts}`;
}

/** Mark the words of the search that led here in the Markdown. */
function markQuery() {
  const article = root.querySelector(".pane-text .markdown");
  markTerms(article, JSON.parse(article?.dataset.terms ?? "[]"));
}

/** Light `key` and keep it lit, on its page; null means the page that is shown. */
async function pin(key, page, from) {
  if (page && page !== current()) await turn(page, { key, quiet: true });
  lights.pin(key);
  if (isPassage(key) && from !== "found") tabs.choose("tab-passages");
  if (key && !isPassage(key) && !isBlock(key)) tabs.choose("tab-values");
  history.replaceState(history.state, "", addressOf(current(), key));
  revealPinned(from);
  corrections.pinned(key);
}

const parsed = (html) => new DOMParser().parseFromString(html, "text/html");
const partOf = (number) => `${location.pathname}${addressOf(number, "")}&part=page`;

/** Insert the parts of an answer into their slots, or only one of them. */
function putIn(arrived, only = "") {
  for (const slot of arrived.querySelectorAll(only ? `[data-slot="${only}"]` : "[data-slot]")) {
    const place = root.querySelector(`[data-slot="${slot.dataset.slot}"]`);
    place?.replaceChildren(...[...slot.childNodes].map((node) => document.importNode(node, true)));
  }
}

let turning = 0;

/** Show another page; if several are requested, the last one wins. */
async function turn(number, { key = "", quiet = false, keep = false } = {}) {
  if (!(number >= 1 && number <= pages)) return;
  turning += 1;
  const mine = turning;
  root.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(partOf(number), { headers: { Accept: "text/html" } });
    const html = await answer.text();
    if (mine !== turning) return;
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    if (answer.redirected) {
      location.assign(addressOf(number, "")); // to the login
      return;
    }
    putIn(parsed(html));
    shown(number, keep);
    if (!keep) history.pushState(null, "", addressOf(number, key));
    if (!quiet) say(`Page ${number} of ${pages}`);
  } catch (failure) {
    say(`Page ${number} cannot be shown. ${failure.message}`);
    line.replaceChildren(make("span", { class: "notice bad" }, `Page ${number} cannot be shown. ${failure.message}`));
  } finally {
    if (mine === turning) root.removeAttribute("aria-busy");
  }
}

/** Highlight the values whose evidence is on the current page. */
function markValuesHere() {
  for (const value of root.querySelectorAll(".value")) value.classList.toggle("here", Number(value.dataset.page) === current());
}

function shown(number, keep) {
  root.dataset.page = String(number);
  markValuesHere();
  for (const cell of root.querySelectorAll(".page-cell")) {
    if (Number(cell.dataset.page) === number) cell.setAttribute("aria-current", "page");
    else cell.removeAttribute("aria-current");
  }
  root.querySelector(".turner input").value = number;
  if (!keep) {
    for (const frame of root.querySelectorAll('[data-slot="sheet"], [data-slot="text"], [data-slot="passages"]')) frame.scrollTo(0, 0);
    lights.pinned = "";
  }
  zoom.show();
  watchImage();
  markQuery();
  lights.refresh();
  if (!keep) revealStrip();
}

function revealStrip() {
  const cell = root.querySelector(".page-cell[aria-current]");
  const frame = cell?.closest(".strip-scroll");
  if (frame) frame.scrollLeft = cell.offsetLeft - frame.offsetLeft - frame.clientWidth / 2;
}

/** Show why the page image could not be loaded. */
function watchImage() {
  const image = sheetFrame.querySelector(".sheet-image");
  if (!image) return;
  const sheet = image.closest(".sheet");
  const probe = new Image();
  const url = image.getAttribute("href");
  sheet.classList.add("waits");
  probe.addEventListener("load", () => sheet.classList.remove("waits"));
  probe.addEventListener("error", async () => {
    sheet.classList.remove("waits");
    const gone = sheetFrame.querySelector(".sheet-gone");
    const answer = await fetch(url).catch(() => null);
    const why = answer?.ok ? "" : problemOf(answer?.status ?? 0, (await answer?.text()) ?? "");
    if (!gone || !sheet.isConnected) return;
    gone.textContent = `The image of this page cannot be shown. ${why}`;
    gone.hidden = false;
  });
  probe.src = url;
}

/** While the document is in work, refresh the strip, and an unread page once it is read. */
function follow() {
  if (!("open" in root.dataset)) return;
  setTimeout(async () => {
    if (!document.hidden) await lookAgain().catch(() => say("The server cannot be reached."));
    follow();
  }, AGAIN_MS);
}

async function lookAgain() {
  const number = current();
  const arrived = parsed(await (await fetch(partOf(number || 1), { headers: { Accept: "text/html" } })).text());
  const cells = arrived.querySelectorAll(".page-cell").length;
  if (!cells || cells !== pages) {
    if (cells || !arrived.querySelector('[data-slot="strip"]')) location.reload(); // planned meanwhile, or at its end
    return;
  }
  const unread = root.querySelector("[data-unread]") && current() === number;
  putIn(arrived, unread ? "" : "strip");
  putIn(arrived, "legend");
  if (unread) shown(number, true);
}

async function retry(button) {
  button.disabled = true;
  try {
    const job = await ask("POST", `${root.dataset.api}/retry`, {});
    const id = job.job_id ?? job.job ?? job.id;
    button.after(make("span", {}, "It is being tried again. ", id ? make("a", { href: `/jobs/${encodeURIComponent(id)}` }, "Watch it") : null));
  } catch (refused) {
    button.disabled = false;
    button.after(make("span", { class: "muted" }, refused.message));
  }
}

/** Copy the stored Markdown of the page to the clipboard. */
async function copyMarkdown(button) {
  const name = button.textContent;
  try {
    const page = await ask("GET", `${root.dataset.api}/pages/${current()}`);
    await navigator.clipboard.writeText(page.markdown);
    button.textContent = "Copied";
  } catch (refused) {
    button.textContent = "Not copied";
    say(refused.message);
  }
  setTimeout(() => (button.textContent = name), 2000);
}

function paneOf(element) {
  return ["sheet", "text", "found"].find((name) => element.closest(`.pane-${name}`));
}

function plainClick(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

function clicked(event) {
  if (!plainClick(event)) return;
  const cell = event.target.closest("a[data-page]:not([data-key])");
  const step = event.target.closest("[data-turn]");
  const again = event.target.closest("[data-retry]");
  const copy = event.target.closest("[data-copy]");
  if (again) retry(again);
  else if (copy) copyMarkdown(copy);
  else if (step) turn(current() + Number(step.dataset.turn));
  else if (cell) {
    event.preventDefault();
    turn(Number(cell.dataset.page));
  } else lightClicked(event);
}

function lightClicked(event) {
  const link = event.target.closest("a[href]");
  const element = event.target.closest("[data-key]");
  if (!element || (link && !link.matches("[data-key], .passage-head")) || String(getSelection()).trim()) return;
  event.preventDefault();
  const key = element.dataset.key.split(" ")[0];
  const same = lights.pinned === key && !element.matches(".value, .passage");
  pin(same ? "" : key, Number(element.dataset.page) || null, paneOf(element));
}

function setUpEvents() {
  document.addEventListener("click", clicked);
  root.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    lights.hover(event.target.closest("[data-key]")?.dataset.key.split(" ")[0] ?? "");
  });
  root.addEventListener("pointerleave", () => lights.hover(""));
  document.getElementById("turner").addEventListener("submit", (event) => {
    event.preventDefault();
    turn(Number(new FormData(event.target).get("page")));
  });
  window.addEventListener("popstate", () => {
    const query = new URLSearchParams(location.search);
    const key = query.get("record") ?? (query.has("chunk") ? `c${query.get("chunk")}` : "");
    turn(Number(query.get("page")) || 1, { keep: true }).then(() => lights.pin(key));
  });
}

const corrections = setUpCorrections({ root, lights, pin, turn, current, sheetFrame });
setUpEvents();
setUpKeys({ corrections, root, lights, tabs, turn, pin, current, pages, toggleLayer, zoom, turnImage });
watchImage();
markQuery();
markValuesHere();
revealStrip();
follow();
if (root.dataset.lit) pin(root.dataset.lit, null, "");
else reveal([...sheetFrame.querySelectorAll(".layer-marked rect")]);
