// The checking queue: one doubtful value at a time with its page; a key accepts, corrects or rejects it and goes on.

import { make, say as announce, setText } from "./dom.js";
import { CorrectionForm, say, withdraw } from "./correction_form.js";
import { reveal } from "./lighting.js";

const root = document.getElementById("check");
const list = document.getElementById("check-list");
const frame = root.querySelector('[data-slot="sheet"]');
const heading = document.getElementById("check-field");
const fault = document.getElementById("check-fault");
const buttons = Object.fromEntries([...root.querySelectorAll("[data-do]")].map((button) => [button.dataset.do, button]));

let items = JSON.parse(list.dataset.items);
let at = 0;
let shownPage = 0;
let loading = 0;
let busy = false;
const history = []; // what was said, so that it can be undone

const item = () => items[at];
const apiOf = (one) => `${root.dataset.api}/documents/${one.document}`;
const keyOf = (one) => `${one.schema}.${one.path}`;
const pageUrl = (one) => `${root.dataset.home}/documents/${one.document}`;

const form = new CorrectionForm({
  form: document.getElementById("correction"),
  frame,
  page: () => shownPage,
  closed: () => heading.focus({ preventScroll: true }),
  saved: (made, target) => done(target.item, made, `corrected to ${made.value}`),
});

// What is shown

function show(index, { focus = true } = {}) {
  at = Math.max(0, Math.min(index, items.length - 1));
  form.close();
  tell("");
  const one = item();
  setText(document.getElementById("check-place"), `${at + 1} of ${items.length}, doubt ${one.doubt}`);
  const link = document.getElementById("check-document");
  link.textContent = one.source;
  link.href = `${pageUrl(one)}?record=${encodeURIComponent(keyOf(one))}`;
  setText(heading, one.name);
  const value = document.getElementById("check-value");
  setText(value, one.text || "no value");
  value.classList.toggle("missing", !one.text);
  setText(document.getElementById("check-quote"), one.quote ? `printed as “${one.quote}” on page ${one.page}` : "");
  document.getElementById("check-reasons").replaceChildren(...one.reasons.map((reason) => make("li", {}, reason)));
  buttons.accept.disabled = one.text === "" || Boolean(one.done);
  buttons.correct.disabled = one.remark;
  buttons.reject.disabled = one.remark || one.text === "";
  buttons.previous.disabled = at === 0;
  buttons.next.disabled = at === items.length - 1;
  buttons.undo.disabled = !history.length;
  markList();
  showPage(one.page || 1);
  if (focus) heading.focus({ preventScroll: true });
}

function drawList() {
  list.replaceChildren(
    ...items.map((one, index) =>
      make(
        "li",
        {},
        make(
          "button",
          { type: "button", class: one.done ? "check-item done" : "check-item", "data-index": index },
          make("span", { class: "check-item-doubt" }, one.doubt),
          make("span", { class: "check-item-name" }, `${one.name}${one.remark ? "" : `: ${one.text || "no value"}`}`, make("span", { class: "muted small" }, ` ${one.source}`)),
          make("span", { class: "check-item-done" }, one.done ?? ""),
        ),
      ),
    ),
  );
}

function markList() {
  for (const button of list.querySelectorAll(".check-item")) {
    if (Number(button.dataset.index) === at) {
      button.setAttribute("aria-current", "true");
      button.scrollIntoView({ block: "nearest" });
    } else button.removeAttribute("aria-current");
  }
}

function tell(sentence) {
  fault.textContent = sentence;
  fault.hidden = !sentence;
}

/** Show a page of the document of the current item, with the boxes of its value lit. */
async function showPage(number) {
  loading += 1;
  const mine = loading;
  const one = item();
  const same = frame.dataset.document === one.document && shownPage === number && !one.stale;
  if (!same) {
    const answer = await fetch(`${pageUrl(one)}?page=${number}&part=page`, { headers: { Accept: "text/html" } }).catch(() => null);
    if (mine !== loading) return;
    if (!answer?.ok) return tell(`Page ${number} cannot be shown.`);
    if (answer.redirected && new URL(answer.url).pathname.startsWith("/login")) return location.reload();
    const arrived = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== loading) return;
    frame.replaceChildren(...[...arrived.querySelector('[data-slot="sheet"]').childNodes].map((node) => document.importNode(node, true)));
    frame.dataset.document = one.document;
    shownPage = number;
    delete one.stale;
  }
  setText(document.getElementById("check-page"), one.page ? `Page ${number}` : `Page ${number} (the value stands nowhere)`);
  for (const place of frame.querySelectorAll(".layer-values .place")) place.classList.toggle("lit", place.dataset.key === keyOf(one));
  frame.scrollTo(0, 0);
  reveal([...frame.querySelectorAll(".place.lit rect")]);
  return null;
}

// What is done

/** The nearest item behind the current one that nothing was said of; then those before it. */
function nextOpen() {
  const order = [...items.keys()].slice(at + 1).concat([...items.keys()].slice(0, at));
  return order.find((index) => !items[index].done);
}

async function done(one, made, word) {
  one.done = word;
  history.push({ one, number: made.number });
  await renew(one);
  drawList();
  const next = nextOpen();
  if (next === undefined) {
    show(items.indexOf(one));
    announce(`${one.name} ${word}. That was the last one.`);
    tell("");
    document.getElementById("check-place").textContent = "All are checked.";
    return;
  }
  show(next);
  announce(`${one.name} ${word}. Next: ${item().name}, ${item().text || "no value"}. ${item().reasons.join(". ")}`);
}

/** Load anew what is open of a document: a correction may move the elements of its lists, and settle remarks. */
async function renew(one) {
  const query = new URLSearchParams({ document: one.document, part: "items" });
  if (root.dataset.schema) query.set("schema", root.dataset.schema);
  const answer = await fetch(`${root.dataset.home}/check?${query}`, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const arrived = new DOMParser().parseFromString(await answer.text(), "text/html");
  const open = JSON.parse(arrived.getElementById("check-list").dataset.items);
  const sameValue = (a, b) => a.schema === b.schema && a.text === b.text && a.page === b.page && a.quote === b.quote;
  const take = (fits) => {
    const index = open.findIndex(fits);
    return index < 0 ? null : open.splice(index, 1)[0];
  };
  const mine = items.filter((other) => other.document === one.document && !other.done);
  const fresh = new Map(mine.map((other) => [other, take((new_) => keyOf(new_) === keyOf(other) && sameValue(new_, other))]));
  for (const other of mine) if (!fresh.get(other)) fresh.set(other, take((new_) => sameValue(new_, other)));
  const whole = Number(arrived.getElementById("check-list").dataset.total) > open.length + mine.length;
  for (const other of mine) if (fresh.get(other)) Object.assign(other, fresh.get(other));
  items = items.filter((other) => !mine.includes(other) || fresh.get(other));
  if (!whole) items.push(...open);
  at = Math.max(0, items.indexOf(one));
  for (const other of items) if (other.document === one.document) other.stale = true;
}

async function through(work) {
  if (busy) return;
  busy = true;
  try {
    await work();
  } catch (refused) {
    tell(refused.message);
  } finally {
    busy = false;
  }
}

const actions = {
  accept: () => {
    const one = item();
    if (buttons.accept.disabled) return;
    through(async () => done(one, await say(apiOf(one), one.schema, one.path, "confirmed"), "accepted"));
  },
  correct: () => {
    const one = item();
    if (one.remark) return;
    form.show({ api: apiOf(one), schema: one.schema, path: one.path, text: one.text, name: one.name, item: one });
  },
  reject: () => {
    const one = item();
    if (buttons.reject.disabled) return;
    through(async () => done(one, await say(apiOf(one), one.schema, one.path, "rejected"), "not there"));
  },
  undo: () => {
    const last = history.at(-1);
    if (!last) return;
    through(async () => {
      await withdraw(apiOf(last.one), last.number);
      history.pop();
      delete last.one.done;
      await renew(last.one);
      drawList();
      show(Math.max(0, items.indexOf(last.one)));
      announce(`Undone: ${last.one.name}`);
    });
  },
  next: () => show(at + 1),
  previous: () => show(at - 1),
  pageBefore: () => shownPage > 1 && showPage(shownPage - 1),
  pageAfter: () => showPage(shownPage + 1),
};

const KEYS = { Enter: "accept", e: "correct", x: "reject", j: "next", k: "previous", u: "undo", ArrowDown: "next", ArrowUp: "previous", ArrowLeft: "pageBefore", ArrowRight: "pageAfter" };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, select, textarea")) return;
  if (event.key === "Enter" && event.target.closest?.("a, button")) return;
  const name = KEYS[event.key];
  if (!name) return;
  event.preventDefault();
  actions[name]();
});
root.addEventListener("click", (event) => {
  const name = event.target.closest("[data-do]")?.dataset.do;
  const index = event.target.closest("[data-index]")?.dataset.index;
  if (name) actions[name]();
  else if (index) show(Number(index));
});

drawList();
show(0, { focus: false });
heading.focus({ preventScroll: true });
