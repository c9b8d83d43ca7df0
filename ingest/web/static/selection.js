// Several documents at once: counts what is selected, keeps it while the list is drawn anew, and offers what can be done.

import { say, setText } from "./dom.js";
import { number, plural } from "./format.js";

const picked = new Set(); // values of checked boxes, of rows that are shown
let last = null; // the box that was clicked before, where Shift begins

const boxes = () => [...document.querySelectorAll('input[name="document"][form="selection"]')];
const all = () => document.getElementById("pick-all");
const rest = () => document.getElementById("pick-rest");

/** Show the selection in the rows and in the bar. */
function show() {
  const shown = boxes();
  for (const box of shown) {
    box.checked = picked.has(box.value);
    box.closest("tr").classList.toggle("picked", box.checked);
  }
  if (!all()) return;
  all().parentElement.hidden = false;
  all().checked = picked.size > 0 && picked.size === shown.length;
  all().indeterminate = picked.size > 0 && picked.size < shown.length;
  const whole = rest()?.checked ?? false;
  setText(document.getElementById("picked"), whole ? "All of this list" : picked.size ? `${number(picked.size)} of ${number(shown.length)} selected` : "Select all on this page");
  const retryable = whole || shown.some((box) => box.checked && "retryable" in box.dataset);
  for (const name of ["download", "originals", "retry", "extract", "delete"]) {
    const control = document.getElementById(`picked-${name}`);
    control.disabled = !(whole || picked.size) || (name === "retry" && !retryable);
  }
  const retry = document.getElementById("picked-retry");
  retry.title = picked.size && !retryable ? "Nothing of these failed that another try may mend" : "Only what failed, and may go well another time";
}

/** Select or leave out a row, with Shift all rows between it and the one clicked before. */
function pick(box, whole) {
  const shown = boxes();
  const [from, to] = [shown.indexOf(whole && last ? last : box), shown.indexOf(box)].sort((a, b) => a - b);
  for (const one of from < 0 ? [box] : shown.slice(from, to + 1)) {
    if (box.checked) picked.add(one.value);
    else picked.delete(one.value);
  }
  last = box;
  show();
}

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement)) return;
  if (box.name === "document" && box.getAttribute("form") === "selection") {
    pick(box, event.shiftKey);
    say(`${plural(picked.size, "document")} selected`);
  } else if (box.id === "pick-all") {
    picked.clear();
    if (box.checked) for (const one of boxes()) picked.add(one.value);
    show();
    say(`${plural(picked.size, "document")} selected`);
  } else if (box.id === "pick-rest") {
    show();
  }
});

/** The list was drawn anew: what is not in it any more is not selected any more. */
let whole = false;
document.body.addEventListener("htmx:beforeSwap", () => {
  whole = rest()?.checked ?? false;
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  const polled = event.detail.requestConfig?.elt?.id === "documents"; // not another filter
  const shown = new Set(boxes().map((box) => box.value));
  for (const value of [...picked]) if (!shown.has(value)) picked.delete(value);
  if (rest()) rest().checked = whole && polled;
  last = null;
  show();
});

for (const box of boxes()) if (box.checked) picked.add(box.value); // after Back
show();
window.addEventListener("pageshow", () => {
  for (const box of boxes()) if (box.checked) picked.add(box.value);
  show();
});
