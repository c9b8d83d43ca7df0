// Keyboard control of the inspector.

import { reveal } from "./lighting.js";

const TYPED_IN = "input, select, textarea, dialog[open]";

export function setUpKeys({ corrections, root, lights, tabs, turn, pin, current, pages, toggleLayer, zoom, turnImage }) {
  const keys = document.getElementById("keys");
  let walked = null;

  const walkable = {
    found: () => [...root.querySelectorAll(tabs.chosen() === "tab-values" ? ".value" : ".passage")],
    blocks: () => [...root.querySelectorAll(".pane-text .piece[data-key]")],
  };

  function walk(list, step) {
    const elements = walkable[list]();
    if (!elements.length) return;
    const start = elements.includes(walked) ? walked : elements.find((element) => element.classList.contains("lit"));
    const at = elements.indexOf(start);
    const next = elements[at < 0 ? (step > 0 ? 0 : elements.length - 1) : (at + step + elements.length) % elements.length];
    walked?.classList.remove("walked");
    walked = next;
    walked.classList.add("walked");
    lights.hover(walked.dataset.key.split(" ")[0]);
    reveal([walked]);
    reveal(lights.withKey(lights.hovered).filter((element) => element.closest(".pane-sheet")));
  }

  function enter() {
    if (!walked?.isConnected) return false;
    pin(walked.dataset.key.split(" ")[0], Number(walked.dataset.page) || null, walked.closest(".pane-text") ? "text" : "found");
    return true;
  }

  function nothing() {
    walked?.classList.remove("walked");
    walked = null;
    lights.hover("");
    pin("", null, "");
  }

  const actions = {
    ArrowLeft: () => turn(current() - 1),
    ArrowRight: () => turn(current() + 1),
    PageUp: () => turn(current() - 1),
    PageDown: () => turn(current() + 1),
    Home: () => turn(1),
    End: () => turn(pages),
    j: () => walk("found", 1),
    k: () => walk("found", -1),
    e: () => corrections.correct(),
    c: () => corrections.confirm(),
    x: () => corrections.reject(),
    u: () => corrections.undo(),
    n: () => walk("blocks", 1),
    p: () => walk("blocks", -1),
    v: () => tabs.other(),
    1: () => toggleLayer(0),
    2: () => toggleLayer(1),
    3: () => toggleLayer(2),
    "+": () => zoom.change("in"),
    "=": () => zoom.change("in"),
    "-": () => zoom.change("out"),
    0: () => zoom.change("fit"),
    r: turnImage,
    Escape: nothing,
    "?": () => keys.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.(TYPED_IN) && event.target.type !== "checkbox") return;
    if (event.key === "Enter") {
      if (event.target.matches?.(".value:not([href])")) event.target.click();
      else if (!event.target.closest?.("a, button") && enter()) event.preventDefault();
      return;
    }
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  document.getElementById("keys-button").addEventListener("click", () => keys.showModal());
}
