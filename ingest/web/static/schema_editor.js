// The schema editor: tries the text on the document shortly after it was changed, and shows what it finds.

import { problemOf } from "./dom.js";

const root = document.getElementById("schema-editor");
const text = document.getElementById("schema-text");
const form = document.getElementById("schema-form");
const chosen = document.getElementById("schema-document");
const AFTER_MS = 350;
let waiting = 0;
let asked = 0;

async function tryIt() {
  asked += 1;
  const mine = asked;
  root.setAttribute("aria-busy", "true");
  let html = "";
  try {
    const body = JSON.stringify({ text: text.value, form: form.value, document: chosen.value });
    const answer = await fetch(root.dataset.url, { method: "POST", headers: { Accept: "text/html", "Content-Type": "application/json" }, body });
    html = await answer.text();
    if (mine !== asked) return;
    if (answer.redirected) return location.reload();
    if (!answer.ok) throw new Error(problemOf(answer.status, html));
    const arrived = new DOMParser().parseFromString(html, "text/html").getElementById("schema-preview");
    document.getElementById("schema-preview").replaceWith(document.importNode(arrived, true));
  } catch (failure) {
    if (mine !== asked) return;
    const fault = document.createElement("p");
    fault.className = "notice bad";
    fault.textContent = failure.message;
    document.getElementById("schema-preview").replaceChildren(fault);
  } finally {
    if (mine === asked) root.removeAttribute("aria-busy");
  }
  return null;
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(tryIt, AFTER_MS);
}

/** Save the text as a file under the name that the schema gives itself. */
function save() {
  const name = /^\s*(?:name\s*=\s*|["']?x-name["']?\s*:\s*)["']?([a-z][a-z0-9_]*)/m.exec(text.value)?.[1] ?? "schema";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text.value], { type: "text/plain" }));
  link.download = `${name}.${form.value}`;
  link.click();
  URL.revokeObjectURL(link.href);
}

text.addEventListener("input", soon);
form.addEventListener("change", tryIt);
chosen.addEventListener("change", tryIt);
document.getElementById("schema-save").addEventListener("click", save);
