// The bar of one document: a segment per stage, as wide as the stage is long, filled by pages.
// Attributes of SVG only, so that the page needs no inline style.

const SVG = "http://www.w3.org/2000/svg";
const SEGMENTS = [
  { name: "plan", width: 24 },
  { name: "read", width: 156 },
  { name: "extract", width: 36 },
  { name: "embed", width: 36 },
  { name: "publish", width: 24 },
];
const GAP = 6;
const NONE = [0, 0, 0];

function add(svg, kind, x, width) {
  if (width <= 0) return;
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("class", kind);
  rect.setAttribute("x", x.toFixed(2));
  rect.setAttribute("width", width.toFixed(2));
  rect.setAttribute("height", "8");
  svg.append(rect);
}

function addFilled(svg, x, width, [total, done, failed], good, half = 0) {
  const share = (count) => (total ? (width * Math.min(count, total)) / total : 0);
  add(svg, "half", x, share(half));
  add(svg, good, x, share(done));
  add(svg, "failed", x + share(done), share(failed));
}

/** Pages are read in two ways at once: from the text layer, and rendered, then recognised. */
function addReading(svg, x, width, stages, good) {
  const parse = stages.parse ?? NONE;
  const ocr = stages.ocr ?? NONE;
  const render = stages.render ?? NONE;
  const all = parse[0] + ocr[0];
  if (!all) return;
  const textWidth = (width * parse[0]) / all;
  addFilled(svg, x, textWidth, parse, good);
  addFilled(svg, x + textWidth, width - textWidth, ocr, good, render[1] + render[2]);
}

/** Draw a document: `stages` maps a stage to [total, done, failed] pages, `state` is the document's. */
export function drawFlow(svg, state, stages) {
  const drawn = `${state} ${JSON.stringify(stages)}`;
  if (svg.dataset.drawn === drawn) return;
  svg.dataset.drawn = drawn;
  svg.replaceChildren();
  const good = state === "done" || state === "partial" ? "done" : "busy";
  let x = 0;
  for (const { name, width } of SEGMENTS) {
    add(svg, "rest", x, width);
    if (name === "read") addReading(svg, x, width, stages, good);
    else addFilled(svg, x, width, stages[name] ?? NONE, good);
    x += width + GAP;
  }
}

/** Draw shares of a whole in a box that is 100 wide: [class, count] in their order. */
export function drawShares(svg, total, shares) {
  const drawn = `${total} ${shares.join()}`;
  if (svg.dataset.drawn === drawn) return;
  svg.dataset.drawn = drawn;
  svg.replaceChildren();
  let x = 0;
  for (const [kind, count] of shares) {
    const width = total ? (100 * count) / total : 0;
    add(svg, kind, x, width);
    x += width;
  }
}
