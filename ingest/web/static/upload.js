// The drop zone: files and folders are sent in requests of bounded size, one after the other, with progress and errors
// per file. File names are data: they are only ever put into textContent.

import { make, problemOf, say, setText } from "./dom.js";
import { plural, size } from "./format.js";

const SHOWN_FILES = 40;
const MOST_WAITS = 20;
const STOPPED = "Not uploaded: stopped.";
const NEVER_MEANT = /^(\.|~\$|Thumbs\.db$|desktop\.ini$)/i;

/** All files below a dropped entry, with their paths from the folder that was dropped. */
async function filesBelow(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, name: entry.fullPath.replace(/^\//, "") }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // A reader gives a hundred entries at a time, and none when there are no more.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const child of some) if (!NEVER_MEANT.test(child.name)) found.push(...(await filesBelow(child)));
  }
}

async function filesOfDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, name: file.name }));
  return (await Promise.all(entries.map(filesBelow))).flat();
}

/** Cut the list so that no request has more files or bytes than allowed; one large file goes alone. */
function batchesOf(files, mostFiles, mostBytes) {
  const batches = [];
  let batch = [];
  let bytes = 0;
  for (const one of files) {
    if (batch.length && (batch.length >= mostFiles || bytes + one.file.size > mostBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(one);
    bytes += one.file.size;
  }
  if (batch.length) batches.push(batch);
  return batches;
}

/** One upload request; resolves with {status, text, retryAfter} and never rejects. */
function send(url, body, onProgress, onStart) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded, event.total));
    request.addEventListener("loadend", () =>
      resolve({
        status: request.status,
        text: request.responseText,
        retryAfter: Number(request.getResponseHeader("Retry-After")) || 5,
      }),
    );
    request.send(body);
    onStart(request);
  });
}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The id of the knowledge base of a name. Throws an Error with the server's sentence for a name that it refuses. */
async function idOf(name) {
  let answer;
  try {
    answer = await fetch("/create", { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams({ name }) });
  } catch (unreachable) {
    throw new Error("The server cannot be reached.");
  }
  if (!answer.ok) throw new Error(problemOf(answer.status, await answer.text()));
  return decodeURIComponent(new URL(answer.url).pathname.split("/")[2]);
}

class DropZone {
  constructor(form) {
    this.form = form;
    this.input = form.querySelector('input[type="file"]');
    this.target = form.querySelector(".drop-target");
    this.panel = form.querySelector(".drop-progress");
    this.list = form.querySelector(".drop-files");
    this.bar = form.querySelector("progress");
    this.again = form.querySelector("[data-again]");
    this.stop = form.querySelector("[data-stop]");
    this.waiting = [];
    this.busy = false;
    this.setUp();
  }

  setUp() {
    this.sendButton = this.form.querySelector(".drop-send button");
    this.sendButton.parentElement.hidden = !this.form.elements.name; // files of a known place are sent at once
    this.form.querySelector(".drop-hint").hidden = false;
    this.form.querySelector(".drop-choose").hidden = true;
    this.input.required = false;
    for (const button of this.form.querySelectorAll("[data-choose]")) {
      button.addEventListener("click", () => this.choose(button.dataset.choose === "folder"));
    }
    this.input.addEventListener("change", () => this.take([...this.input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }))));
    this.again.addEventListener("click", () => this.take(this.refused.filter((row) => row.again).map((row) => row.one)));
    this.stop.addEventListener("click", () => {
      this.stopped = true;
      this.request?.abort();
    });
    this.form.addEventListener("submit", (event) => {
      if (this.form.elements.name && !this.waiting.length && !this.busy) return; // opens the knowledge base
      event.preventDefault();
      this.take([]);
    });
    this.listenForDrops();
    window.addEventListener("beforeunload", (event) => {
      if (this.busy) event.preventDefault();
    });
  }

  listenForDrops() {
    let depth = 0;
    const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const over = (on) => this.target.classList.toggle("over", on);
    document.addEventListener("dragenter", (event) => {
      if (carriesFiles(event)) over(++depth > 0);
    });
    document.addEventListener("dragleave", (event) => {
      if (carriesFiles(event)) over(--depth > 0);
    });
    document.addEventListener("dragover", (event) => {
      if (carriesFiles(event)) event.preventDefault();
    });
    document.addEventListener("drop", async (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth = 0;
      over(false);
      try {
        this.take(await filesOfDrop(event.dataTransfer));
      } catch (unreadable) {
        this.tell("The browser could not read what was dropped.");
      }
    });
  }

  choose(folder) {
    this.input.webkitdirectory = folder;
    this.input.value = "";
    this.input.click();
  }

  /** Add files to what waits, and send once it is known where to. */
  take(files) {
    const meant = files.filter((one) => !NEVER_MEANT.test(one.name.split("/").pop()));
    this.waiting.push(...meant);
    if (!this.waiting.length) {
      if (files.length) this.tell("Nothing to upload: only hidden files.");
      return;
    }
    const name = this.form.elements.name;
    if (name && !name.value.trim()) {
      setText(this.sendButton, `Upload ${plural(this.waiting.length, "file")}`);
      this.tell(`${plural(this.waiting.length, "file")} ready. Name the knowledge base above, then press Enter or the button beside it.`);
      name.focus();
      return;
    }
    if (!this.busy) this.open(name);
  }

  /** Upload to the knowledge base of the page, or to that of the name, which the server finds or makes. */
  async open(name) {
    if (!name) return this.run(this.form.dataset.knowledge);
    this.busy = true;
    try {
      await this.run(await idOf(name.value));
    } catch (refused) {
      this.busy = false;
      this.tell(refused.message);
    }
  }

  tell(sentence) {
    this.panel.hidden = false;
    setText(this.panel.querySelector(".drop-state"), sentence);
    say(sentence);
  }

  async run(knowledgeId) {
    this.busy = true;
    this.stopped = false;
    this.jobs = [];
    this.refused = [];
    this.again.hidden = true;
    this.stop.hidden = false;
    this.list.replaceChildren();
    this.rows = [];
    this.sentBytes = 0;
    this.allBytes = 0;
    while (this.waiting.length && !this.stopped) {
      const files = this.waiting.splice(0);
      const rows = files.map((one) => this.addRow(one));
      this.allBytes += files.reduce((sum, one) => sum + one.file.size, 0);
      const most = { files: Number(this.form.dataset.mostFiles), bytes: Number(this.form.dataset.mostBytes) };
      for (const batch of batchesOf(rows.map((row) => ({ ...row, file: row.one.file })), most.files, most.bytes)) {
        if (this.stopped) batch.forEach((row) => this.refuse(row, STOPPED, true));
        else await this.sendBatch(knowledgeId, batch);
      }
    }
    this.busy = false;
    this.stop.hidden = true;
    this.finish(knowledgeId);
  }

  addRow(one) {
    const state = make("span", { class: "drop-file-state" });
    const item = make("li", {}, make("span", { class: "drop-file-name" }, one.name), make("span", { class: "muted num" }, size(one.file.size)), state);
    const row = { one, item, state };
    this.rows.push(row);
    if (this.rows.length <= SHOWN_FILES) this.list.append(item);
    else this.showMore();
    return row;
  }

  showMore() {
    const more = this.form.querySelector(".drop-more");
    more.hidden = false;
    setText(more, `and ${plural(this.rows.length - this.list.children.length, "more file")}; those with an error are listed`);
  }

  /** `again`: sending the same file again may help. */
  refuse(row, why, again) {
    row.item.classList.add("bad");
    row.again = again;
    setText(row.state, why);
    this.list.prepend(row.item);
    this.refused.push(row);
  }

  bodyOf(batch) {
    const given = new FormData(this.form);
    given.delete("files");
    given.delete("name");
    for (const row of batch) given.append("files", row.one.file, row.one.name);
    return given;
  }

  async sendBatch(knowledgeId, batch) {
    const url = `/api/v1/knowledge/${encodeURIComponent(knowledgeId)}/ingest`;
    const bytes = batch.reduce((sum, row) => sum + row.one.file.size, 0);
    let answer;
    for (let waits = 0; ; waits += 1) {
      answer = await send(url, this.bodyOf(batch), (loaded, total) => this.showLoaded(batch, bytes, loaded / total), (request) => (this.request = request));
      const busy = answer.status === 429 || answer.status === 503;
      if (!busy || waits >= MOST_WAITS || this.stopped) break;
      this.tell(`The server is busy; trying again in ${answer.retryAfter} s.`);
      await pause(answer.retryAfter);
    }
    this.sentBytes += bytes;
    this.readAnswer(batch, answer);
  }

  showLoaded(batch, bytes, share) {
    let left = bytes * share;
    for (const row of batch) {
      if (row.item.isConnected) setText(row.state, left >= row.one.file.size ? "sent" : left > 0 ? `${Math.floor((100 * left) / row.one.file.size)} %` : "");
      left -= row.one.file.size;
    }
    this.bar.value = this.allBytes ? Math.min(1, (this.sentBytes + bytes * share) / this.allBytes) : 1;
    const sentence = `Uploading ${plural(this.rows.length, "file")}, ${size(this.allBytes)}`;
    this.tell(share >= 1 ? `${sentence}: waiting for the server` : sentence);
  }

  readAnswer(batch, answer) {
    if (answer.status !== 202) {
      const why = this.stopped && !answer.status ? STOPPED : problemOf(answer.status, answer.text);
      const again = !answer.status || answer.status === 408 || answer.status === 429 || answer.status >= 500;
      batch.forEach((row) => this.refuse(row, why, again));
      return;
    }
    const receipt = JSON.parse(answer.text);
    this.jobs.push(receipt.job_id);
    batch.forEach((row, index) => this.readOutcome(row, receipt.documents[index]));
  }

  readOutcome(row, found) {
    if (!found) return;
    if (found.error) this.refuse(row, found.error, false);
    else setText(row.state, found.outcome === "same" || found.outcome === "duplicate" ? "is already there" : "accepted");
  }

  finish(knowledgeId) {
    const good = this.rows.length - this.refused.length;
    this.tell(`${plural(good, "file")} accepted${this.refused.length ? `, ${this.refused.length} refused` : ""}.`);
    this.bar.value = 1;
    document.body.dispatchEvent(new Event("uploaded"));
    this.again.hidden = !this.refused.some((row) => row.again);
    const state = this.panel.querySelector(".drop-state");
    const pages = this.jobs.map((job) => `/jobs/${encodeURIComponent(job)}`);
    if (pages.length === 1 && !this.refused.length) window.location.assign(pages[0]);
    else if (pages.length <= 5) pages.forEach((page, index) => state.append(" ", make("a", { href: page }, pages.length === 1 ? "Follow the job" : `Job ${index + 1}`)));
    else state.append(" ", make("a", { href: `/knowledge/${encodeURIComponent(knowledgeId)}` }, plural(pages.length, "job")));
  }
}

for (const form of document.querySelectorAll("form.drop")) new DropZone(form);
