// The live page of one job. An event updates only its own rows, so that a thousand rows stay fast.

import { ask, make, say, setText } from "./dom.js";
import { drawFlow, drawShares } from "./flow_bar.js";
import { duration, number, plural, roughly } from "./format.js";

const FINAL = new Set(["done", "partial", "failed", "cancelled"]);
const RANK = { failed: 0, partial: 1, running: 2, queued: 3, cancelled: 4, done: 5 };
const SILENT_S = 20;
const AGAIN_MS = 3000;
const MOST_ROWS = 1000;
const REASONS_MS = 4000;
const MOST_REASONS = 100;

const root = document.getElementById("job");
const body = document.getElementById("documents");
const jobId = root.dataset.job;
const knowledgeUrl = `/knowledge/${encodeURIComponent(jobId.slice(0, jobId.lastIndexOf(".")))}`;
const onlyState = new URLSearchParams(window.location.search).get("state");
const rows = new Map();
const narrow = window.matchMedia("(max-width: 46rem)"); // rows keep their places there, so that none moves under a thumb
const unclear = new Set(); // ended badly, and it is not known yet in which stage
let working = new Map();
let lastHeard = Date.now();
let source = null;
let over = root.dataset.live !== "yes";

function readRow(element) {
  const cell = (name) => element.querySelector(`.${name}`);
  const bar = element.querySelector(".flow");
  return {
    element,
    state: element.dataset.state,
    stages: bar.dataset.stages ? JSON.parse(bar.dataset.stages) : {},
    bar,
    cells: { state: cell("doc-state"), now: cell("doc-now"), pages: cell("doc-pages"), took: cell("doc-took"), fault: cell("fault"), name: cell("name") },
  };
}

function newRow(found) {
  const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ class: "flow", viewBox: "0 0 300 8", preserveAspectRatio: "none", "aria-hidden": "true" })) bar.setAttribute(name, value);
  const name = found.document ? make("a", { href: `${knowledgeUrl}/documents/${found.document}` }, found.source) : found.source;
  const element = make(
    "tr",
    { "data-source": found.source, "data-state": found.state },
    make("th", { scope: "row", class: "name" }, name, make("span", { class: "fault" })),
    make("td", { class: "doc-state" }),
    make("td", { class: "doc-bar all" }, bar),
    make("td", { class: "doc-now all small" }),
    make("td", { class: "num doc-pages", "data-label": "Pages" }),
    make("td", { class: "num doc-took", "data-label": "Took" }),
  );
  const row = readRow(element);
  row.state = "";
  place(row, found.state);
  rows.set(found.source, row);
  document.getElementById("none")?.remove();
  return row;
}

/** Whether a row belongs after another place: failed rows come first, then the order is by name. */
function isBehind(element, state, name) {
  const rank = (RANK[element.dataset.state] ?? 9) - (RANK[state] ?? 9);
  return rank > 0 || (rank === 0 && element.dataset.source > name);
}

/** Move a row to its place; the other rows are sorted already. */
function place(row, state) {
  const name = row.element.dataset.source;
  let before = null;
  for (const other of body.children) {
    if (other !== row.element && isBehind(other, state, name)) {
      before = other;
      break;
    }
  }
  if (row.element.nextElementSibling !== before || !row.element.isConnected) body.insertBefore(row.element, before);
}

function badge(state, kind = state) {
  return make("span", { class: `state state-${kind}` }, state);
}

/** Describe what happens to a document now, as ingest/web/jobs.py does. */
function nowWords(found) {
  if (found.stage) return found.page && found.pages ? `${found.stage}, page ${found.page} of ${found.pages}` : found.stage;
  if (FINAL.has(found.state)) {
    if (found.outcome === "gone") return "deleted since";
    if (found.work_s !== null) return "";
    if (found.outcome === "same") return "unchanged";
    return found.outcome === "duplicate" ? "the same bytes as another file" : "";
  }
  return found.waiting?.why ?? "waits";
}

function stagesOf(found) {
  if (!found.stages?.length) return null;
  return Object.fromEntries(found.stages.filter((one) => one.total).map((one) => [one.stage, [one.total, one.done, one.failed]]));
}

/** Fill the bar of a finished document, except for the pages that failed. */
function finished(stages) {
  return Object.fromEntries(Object.entries(stages).map(([name, [total, , failed]]) => [name, [total, total - failed, failed]]));
}

const WHOLE = { plan: [1, 1, 0], parse: [1, 1, 0], extract: [1, 1, 0], embed: [1, 1, 0], publish: [1, 1, 0] };

function showDocument(found) {
  let row = rows.get(found.source);
  if (!row) {
    if (rows.size >= MOST_ROWS || (onlyState && onlyState !== found.state)) return;
    row = newRow(found);
  }
  const stages = stagesOf(found);
  if (stages) row.stages = stages;
  else if (found.state === "done") row.stages = row.stages.publish ? finished(row.stages) : WHOLE;
  if (row.state !== found.state) {
    if (!stages && found.state !== "done" && FINAL.has(found.state)) unclear.add(found.source);
    row.state = found.state;
    row.element.dataset.state = found.state;
    row.cells.state.replaceChildren(badge(found.state));
    if (!narrow.matches) place(row, found.state);
  }
  setText(row.cells.now, nowWords(found));
  row.cells.now.classList.remove("silent");
  setText(row.cells.pages, found.pages ? number(found.pages) : "");
  setText(row.cells.took, duration(found.work_s));
  setText(row.cells.fault, found.error ?? "");
  drawFlow(row.bar, found.state, row.stages);
}

function showStage(one) {
  const row = document.querySelector(`#stages [data-stage="${one.stage}"]`);
  if (!row) return;
  if (one.total) row.hidden = false; // never hidden again: what is below would move
  setText(row.querySelector(".stage-count"), one.total ? `${number(one.done)} of ${plural(one.total, one.unit)}` : "–");
  const words = [[one.working, "in work"], [one.waiting, "waiting"], [one.failed, "failed"], [one.cancelled, "cancelled"]].filter(([count]) => count).map(([count, word]) => `${number(count)} ${word}`);
  setText(row.querySelector(".stage-words"), words.join(", "));
  drawShares(row.querySelector("svg"), one.total, [["done", one.done], ["failed", one.failed], ["working", one.working]]);
}

function showCounts(counts) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  setText(document.getElementById("all"), number(all));
  setText(document.getElementById("ended"), number(all - (counts.queued ?? 0) - (counts.running ?? 0)));
  for (const link of document.querySelectorAll("[data-count]")) {
    const count = counts[link.dataset.count] ?? 0;
    link.hidden = !count;
    setText(link.querySelector(".num"), number(count));
  }
}

/** Update rows that are not in work any more: they are done, or between two stages. */
function restRows(now) {
  for (const [name, found] of working) {
    const row = rows.get(name);
    if (!now.has(name) && row && !FINAL.has(row.state)) setText(row.cells.now, found.stage ? `${found.stage} done, the next stage is due` : "waits");
  }
}

function showProgress(progress) {
  lastHeard = Date.now();
  document.getElementById("trouble").hidden = true;
  const state = document.getElementById("job-state");
  const bad = progress.state === "done" && (progress.counts.failed || progress.counts.partial || progress.counts.cancelled);
  if (state.textContent.trim() !== progress.state) state.replaceChildren(badge(progress.state, bad ? "partial" : progress.state));
  showCounts(progress.counts);
  progress.stages.forEach(showStage);
  const now = new Map((progress.working ?? []).map((one) => [one.source, one]));
  restRows(now);
  now.forEach(showDocument);
  working = now;
  showSays(progress.waiting?.why ?? "", inWork(progress));
  setText(document.getElementById("left"), progress.left_s === null || progress.left_s === undefined ? "–" : roughly(progress.left_s));
  if (progress.finished_at) finish(progress);
}

/** The line above the figures says why the job waits, or what it does; it keeps its place. */
function showSays(why, otherwise) {
  const line = document.getElementById("waiting");
  if (!line) return;
  line.classList.toggle("warn", Boolean(why));
  setText(line, why || otherwise);
}

function inWork(progress) {
  const [first] = progress.working ?? [];
  if (!first) return "";
  const others = progress.working.length - 1;
  return `${first.source}: ${nowWords(first)}${others ? `, and ${plural(others, "more document")} in work` : ""}`;
}

function finish(progress) {
  if (over) return;
  over = true;
  source?.close();
  root.dataset.live = "no";
  const counts = progress.counts;
  document.getElementById("cancel").hidden = true;
  document.getElementById("retry").hidden = !progress.retryable;
  document.getElementById("next").hidden = !(progress.counts.done || progress.counts.partial);
  setText(document.getElementById("left-label"), "took");
  setText(document.getElementById("left"), duration(progress.work_s));
  setText(document.getElementById("waited"), duration(progress.waited_s));
  document.getElementById("waited-figure").hidden = !progress.waited_s;
  const words = [...FINAL].filter((state) => counts[state]).map((state) => `${counts[state]} ${state}`);
  clearUp();
  showSays("", `The job is over: ${words.join(", ")}.`);
  say(`The job is over: ${words.join(", ")}.`);
}

/** Count seconds between two events; a document without progress for long shows that. */
function tick() {
  if (over) return;
  const since = (Date.now() - lastHeard) / 1000;
  for (const [name, found] of working) {
    const silent = (found.silent_s ?? 0) + since;
    const row = rows.get(name);
    if (!row || silent < SILENT_S) continue;
    setText(row.cells.now, `${nowWords(found)}: silent for ${duration(silent)}`);
    row.cells.now.classList.add("silent");
  }
}

function listen() {
  if (over || source || document.hidden) return;
  source = new EventSource(`/api/v1/jobs/${encodeURIComponent(jobId)}/events`);
  source.addEventListener("progress", (event) => showProgress(JSON.parse(event.data)));
  source.addEventListener("job", (event) => showProgress(JSON.parse(event.data)));
  source.addEventListener("document", (event) => showDocument(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    const trouble = document.getElementById("trouble");
    trouble.hidden = over;
    setText(trouble, "The connection is lost; trying again. The job goes on without it.");
    if (source?.readyState === EventSource.CLOSED) {
      source = null;
      setTimeout(listen, AGAIN_MS);
    }
  });
}

async function documentsThatAre(which, limit) {
  try {
    return (await ask("GET", `/api/v1/jobs/${encodeURIComponent(jobId)}?documents=${which}&limit=${limit}`)).documents;
  } catch (unreachable) {
    return []; // The event stream says so already.
  }
}

/** Request the stages of a failed document, as the event does not tell where it failed. */
async function clearUp() {
  if (!unclear.size) return;
  const names = new Set(unclear);
  unclear.clear();
  for (const one of await documentsThatAre("failed", MOST_ROWS)) if (names.has(one.source)) showDocument(one);
}

/** Request the queue positions of the next documents, as they change without an event; clear those of the others. */
async function renewReasons() {
  const idle = [...rows].filter(([name, row]) => !FINAL.has(row.state) && !working.has(name));
  if (over || document.hidden || !idle.length) return;
  const known = new Map((await documentsThatAre("open", MOST_REASONS)).map((one) => [one.source, one]));
  for (const [name, row] of idle) {
    if (known.has(name)) showDocument(known.get(name));
    else if (!FINAL.has(row.state) && !working.has(name)) setText(row.cells.now, "waits");
  }
}

/** Close the connection in a hidden tab: a browser has only six of them for one server. */
function pauseWhenHidden() {
  if (document.hidden) {
    source?.close();
    source = null;
  } else listen();
}

for (const element of body.children) {
  const row = readRow(element);
  rows.set(element.dataset.source, row);
  drawFlow(row.bar, row.state, row.stages);
}
for (const row of document.querySelectorAll("#stages tr")) {
  const [total, done, inWork, failed] = row.querySelector(".stage-count").dataset.counts.split(",").map(Number);
  drawShares(row.querySelector("svg"), total, [["done", done], ["failed", failed], ["working", inWork]]);
}
document.addEventListener("visibilitychange", pauseWhenHidden);
listen();
setInterval(tick, 1000);
setInterval(renewReasons, REASONS_MS);
setInterval(clearUp, REASONS_MS);
