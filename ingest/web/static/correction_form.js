// The form that corrects a value: what is typed, and the words that are clicked or framed on the page image.

import { ask } from "./dom.js";

const DRAGGED_PT = 3; // a shorter movement is a click
const SVG = "http://www.w3.org/2000/svg";

/** A point of the screen in points of the page, however the image is turned. */
function pagePoint(sheet, event) {
  const matrix = sheet.querySelector(".page-view").getScreenCTM().inverse();
  return new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
}

/** Opens the form on a value, and says what came of it. `frame` holds the page image; `page()` is its number. */
export class CorrectionForm {
  constructor({ form, frame, page, saved, closed }) {
    Object.assign(this, { form, frame, page, saved, closed });
    this.input = form.elements.value;
    this.fault = form.querySelector("#correction-fault");
    this.target = null;
    this.place = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
    form.querySelector("[data-cancel]").addEventListener("click", () => this.close());
    frame.addEventListener("pointerdown", (event) => this.drag(event));
    frame.addEventListener("click", (event) => this.target && event.target.closest(".sheet") && event.stopPropagation(), true);
  }

  get open() {
    return this.target !== null;
  }

  /** `target`: {api, schema, path, text, name}; the form is put behind the element `after`. */
  show(target, after) {
    this.target = target;
    this.place = null;
    this.form.querySelector("#correction-name").textContent = target.name;
    this.input.value = target.text;
    this.tell("");
    after?.after(this.form);
    this.form.hidden = false;
    this.frame.classList.add("picking");
    this.input.focus();
    this.input.select();
  }

  close() {
    if (!this.open) return;
    this.target = null;
    this.form.hidden = true;
    this.frame.classList.remove("picking");
    this.draw([]);
    this.closed();
  }

  tell(sentence) {
    this.fault.textContent = sentence;
    this.fault.hidden = !sentence;
  }

  async save() {
    const { api, schema, path } = this.target;
    const button = this.form.querySelector('[type="submit"]');
    button.disabled = true;
    try {
      const made = await ask("POST", `${api}/corrections`, { schema, path, value: this.input.value, ...this.place });
      const target = this.target;
      this.close();
      this.saved(made, target);
    } catch (refused) {
      this.tell(refused.message);
      this.input.focus();
    } finally {
      button.disabled = false;
    }
  }

  // Words on the page image

  drag(event) {
    const sheet = event.target.closest(".sheet");
    if (!this.open || !sheet || event.button !== 0) return;
    event.preventDefault();
    const from = pagePoint(sheet, event);
    const more = event.shiftKey ? this.place : null;
    const boxTo = (point) => [Math.min(from.x, point.x), Math.min(from.y, point.y), Math.max(from.x, point.x), Math.max(from.y, point.y)];
    const moved = (next) => this.draw([boxTo(pagePoint(sheet, next))]);
    const ended = (last) => {
      window.removeEventListener("pointermove", moved);
      window.removeEventListener("pointerup", ended);
      window.removeEventListener("pointercancel", ended);
      const box = boxTo(pagePoint(sheet, last));
      const clicked = box[2] - box[0] < DRAGGED_PT && box[3] - box[1] < DRAGGED_PT;
      this.pick(clicked ? [from.x, from.y, from.x, from.y] : box, more);
    };
    window.addEventListener("pointermove", moved);
    window.addEventListener("pointerup", ended);
    window.addEventListener("pointercancel", ended);
  }

  /** Take the words inside a box as the value; with `more`, those from an earlier place to it. */
  async pick(box, more) {
    const page = this.page();
    const all = more && more.page === page ? [...more.box.slice(0, 2).map((edge, at) => Math.min(edge, box[at])), ...more.box.slice(2).map((edge, at) => Math.max(edge, box[at + 2]))] : box;
    const [x0, y0, x1, y1] = all.map((edge) => Math.max(0, edge).toFixed(2));
    try {
      const words = await ask("GET", `${this.target.api}/pages/${page}/words?${new URLSearchParams({ x0, y0, x1, y1 })}`);
      if (!words.text) {
        this.draw([]);
        this.tell("There is no word at that place.");
        return;
      }
      this.input.value = words.text;
      const joined = (pick, at) => pick(...words.boxes.map((one) => one[at]));
      this.place = { page, box: [joined(Math.min, 0), joined(Math.min, 1), joined(Math.max, 2), joined(Math.max, 3)] };
      this.draw(words.boxes);
      this.tell("");
    } catch (refused) {
      this.tell(refused.message);
    }
    this.input.focus();
  }

  draw(boxes) {
    const view = this.frame.querySelector(".page-view");
    if (!view) return;
    view.querySelector(".layer-picked")?.remove();
    const layer = document.createElementNS(SVG, "g");
    layer.setAttribute("class", "layer-picked");
    for (const [x0, y0, x1, y1] of boxes) {
      const shape = document.createElementNS(SVG, "rect");
      for (const [name, value] of Object.entries({ x: x0, y: y0, width: x1 - x0, height: y1 - y0 })) shape.setAttribute(name, value.toFixed(2));
      layer.append(shape);
    }
    view.append(layer);
  }
}

/** Say that a value is right ("confirmed") or not there ("rejected"). */
export function say(api, schema, path, verdict) {
  return ask("POST", `${api}/corrections`, { schema, path, verdict });
}

/** Withdraw a correction. */
export function withdraw(api, number) {
  return ask("DELETE", `${api}/corrections/${number}`);
}
