// Panes of the inspector: widths, tabs, layers and zoom of the image, remembered if the browser allows it.

export function recall(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`ingot-${name}`)) ?? otherwise;
  } catch (blocked) {
    return otherwise;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`ingot-${name}`, JSON.stringify(value));
  } catch (blocked) {
    // Then it holds for this page only.
  }
}

const NAMES = ["--sheet", "--text", "--found"];
const NARROWEST = 0.15;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Splitters move by pointer and arrow keys; widths are stored as shares, so that they fit any window. */
export function setUpSplitters(panes) {
  const usual = [0.37, 0.36, 0.27];
  let shares = recall("panes", usual);
  if (!Array.isArray(shares) || shares.length !== 3 || !shares.every((share) => share >= 0.1 && share <= 0.9)) shares = usual;
  const splitters = [...panes.querySelectorAll(".splitter")];
  const show = () => {
    NAMES.forEach((name, index) => panes.style.setProperty(name, `${shares[index] * 100}fr`));
    splitters.forEach((splitter, index) => splitter.setAttribute("aria-valuenow", String(Math.round(shares[index] * 100))));
  };
  const move = (index, share) => {
    const both = shares[index] + shares[index + 1];
    shares[index] = clamp(share, NARROWEST, both - NARROWEST);
    shares[index + 1] = both - shares[index];
    show();
  };
  for (const [index, splitter] of splitters.entries()) {
    splitter.addEventListener("pointerdown", (event) => {
      const left = splitter.previousElementSibling.getBoundingClientRect().left;
      splitter.setPointerCapture(event.pointerId);
      splitter.onpointermove = (moved) => move(index, (moved.clientX - left) / panes.clientWidth);
      event.preventDefault();
    });
    splitter.addEventListener("lostpointercapture", () => {
      splitter.onpointermove = null;
      remember("panes", shares);
    });
    splitter.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      move(index, shares[index] + step);
      remember("panes", shares);
    });
    splitter.addEventListener("dblclick", () => {
      shares = [...usual];
      show();
      remember("panes", shares);
    });
  }
  show();
}

/** Tabs after the ARIA pattern: one is in the tab order, arrow keys choose. Calls `chosen(id)`. */
export function setUpTabs(list, chosen) {
  const tabs = [...list.querySelectorAll('[role="tab"]')];
  const choose = (tab) => {
    for (const one of tabs) {
      one.setAttribute("aria-selected", String(one === tab));
      one.tabIndex = one === tab ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = one !== tab;
    }
    chosen?.(tab.id);
  };
  list.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"]');
    if (tab) choose(tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const at = tabs.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = tabs[(at + step + tabs.length) % tabs.length];
    choose(next);
    next.focus();
  });
  choose(tabs[0]); // without a script all panels are shown
  return {
    choose: (id) => choose(tabs.find((tab) => tab.id === id)),
    other: () => choose(tabs.find((tab) => tab.getAttribute("aria-selected") !== "true")),
    chosen: () => tabs.find((tab) => tab.getAttribute("aria-selected") === "true").id,
  };
}

/** Check boxes for the layers of boxes that the image shows. */
export function setUpLayers(root, frame) {
  const boxes = [...root.querySelectorAll("[data-layer]")];
  const kept = recall("layers", null);
  if (Array.isArray(kept)) for (const box of boxes) box.checked = kept.includes(box.dataset.layer);
  const show = () => {
    const shown = boxes.filter((box) => box.checked).map((box) => box.dataset.layer);
    frame.dataset.shows = shown.join(" ");
    remember("layers", shown);
  };
  for (const box of boxes) box.addEventListener("change", show);
  show();
  return (index) => boxes[index]?.click();
}

const SHARPER_DPI = 200;
const FIRST_DPI = 110;

/** The zoom of the image: 1 fits the width. A sharper image is loaded when the first one is too coarse. */
export function setUpZoom(root, frame) {
  let zoom = clamp(Number(recall("zoom", 1)) || 1, 0.2, 4);
  const sheet = () => frame.querySelector(".sheet");
  const show = () => {
    if (!sheet()) return;
    sheet().style.width = `${zoom * 100}%`;
    const image = sheet().querySelector(".sheet-image");
    const dots = (sheet().getBoundingClientRect().width * window.devicePixelRatio) / (sheet().viewBox.baseVal.width / 72);
    if (dots > FIRST_DPI * 1.4) image.setAttribute("href", `${image.dataset.image}?dpi=${SHARPER_DPI}`);
  };
  /** The zoom at which the whole page is visible, at most 1. */
  const wholePage = () => {
    const { width, height } = sheet().viewBox.baseVal;
    const free = { width: frame.clientWidth - 24, height: frame.clientHeight - 24 };
    return clamp((free.height * width) / height / free.width, 0.2, 1);
  };
  const change = (how) => {
    if (!sheet()) return;
    const before = { top: frame.scrollTop / frame.scrollHeight, left: frame.scrollLeft / frame.scrollWidth };
    if (how === "fit") zoom = zoom === 1 ? wholePage() : 1;
    else zoom = clamp(zoom * (how === "in" ? 1.25 : 0.8), 0.2, 4);
    remember("zoom", zoom);
    show();
    frame.scrollTo({ top: before.top * frame.scrollHeight, left: before.left * frame.scrollWidth });
  };
  root.addEventListener("click", (event) => {
    const how = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (how) change(how);
  });
  show();
  return { show, change };
}

/** Rotates the image by quarters, for pages that were scanned sideways. Calls `turned()`. */
export function setUpTurning(root, frame, turned) {
  const turn = () => {
    const sheet = frame.querySelector(".sheet");
    if (!sheet) return;
    const [wide, high] = [Number(sheet.dataset.wide), Number(sheet.dataset.high)];
    const quarters = (Number(sheet.dataset.quarters ?? 0) + 1) % 4;
    const moves = ["", `translate(${high} 0) rotate(90)`, `translate(${wide} ${high}) rotate(180)`, `translate(0 ${wide}) rotate(270)`];
    sheet.dataset.quarters = String(quarters);
    sheet.setAttribute("viewBox", quarters % 2 ? `0 0 ${high} ${wide}` : `0 0 ${wide} ${high}`);
    sheet.querySelector(".page-view").setAttribute("transform", moves[quarters]);
    turned();
  };
  root.addEventListener("click", (event) => {
    if (event.target.closest("[data-quarter]")) turn();
  });
  return turn;
}
