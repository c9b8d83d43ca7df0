// Parts that light up together. Elements have keys (data-key: a block b3, a chunk c12, a value invoice.amount) and the
// keys of the blocks under them (data-on). A lit block also lights, more softly, what lies on it, and vice versa.

const words = (text) => (text ?? "").split(" ").filter(Boolean);
const keysOf = (element) => words(element.dataset.key);
export const isBlock = (key) => /^b\d+$/.test(key);
export const isPassage = (key) => /^c\d+$/.test(key);

export class Lights {
  /** `changed(key, pinned)` is called whenever something else is lit; key is "" for nothing. */
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
    this.pinned = "";
    this.hovered = "";
    this.shown = null;
    this.refresh();
  }

  /** Collect the elements that can be lit, after another page was inserted. */
  refresh() {
    this.elements = [...this.root.querySelectorAll("[data-key]")];
    this.hovered = "";
    this.show();
  }

  withKey(key) {
    return key ? this.elements.filter((element) => keysOf(element).includes(key)) : [];
  }

  /** Keys that belong to `key`: blocks under a passage or value; passages and values on a block. */
  neighbours(key) {
    const on = new Set(this.withKey(key).flatMap((element) => words(element.dataset.on)));
    if (isBlock(key)) {
      for (const element of this.elements) if (words(element.dataset.on).includes(key)) keysOf(element).forEach((k) => on.add(k));
    }
    on.delete(key);
    return on;
  }

  hover(key) {
    if (key === this.hovered) return;
    this.hovered = key;
    this.show();
  }

  pin(key) {
    this.pinned = key;
    this.hovered = "";
    this.show();
  }

  show() {
    const key = this.hovered || this.pinned;
    const near = key ? this.neighbours(key) : new Set();
    for (const element of this.elements) {
      const keys = keysOf(element);
      element.classList.toggle("lit", Boolean(key) && keys.includes(key));
      element.classList.toggle("near", keys.some((k) => near.has(k)) && !keys.includes(key));
    }
    this.root.classList.toggle("with-values", Boolean(key) && !isBlock(key) && !isPassage(key));
    this.shown = key;
    this.changed(key, key === this.pinned);
  }
}

/** Scroll the first of `elements` into view within its pane, unless it is visible already. */
export function reveal(elements) {
  const element = elements.find((one) => one.getClientRects().length);
  const frame = element?.closest(".pane-body");
  if (!element || !frame) return;
  const at = element.getBoundingClientRect();
  const seen = frame.getBoundingClientRect();
  const scrolls = frame.scrollHeight > frame.clientHeight + 1 || frame.scrollWidth > frame.clientWidth + 1;
  const hidden = at.top < seen.top || at.bottom > seen.bottom || at.left < seen.left || at.right > seen.right;
  if (scrolls && hidden) {
    const high = at.height < seen.height ? (seen.height - at.height) / 3 : 12;
    const wide = at.width < seen.width ? (seen.width - at.width) / 2 : 12;
    frame.scrollBy({ top: at.top - seen.top - high, left: at.left - seen.left - wide });
  }
  const now = element.getBoundingClientRect();
  if (now.bottom < 0 || now.top > window.innerHeight) element.scrollIntoView({ block: "center" });
}
