// Finds quotes in the text of elements and marks them, without changing the DOM.

const folded = (text) => text.normalize("NFKC").toLowerCase();

/** The characters of an element without white space, each with its text node and offset. */
function characters(element) {
  const found = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.data;
    for (let at = 0; at < text.length; at += 1) {
      if (!/\s/.test(text[at])) found.push({ node, at, text: folded(text[at]) });
    }
  }
  return found;
}

function joined(all) {
  const starts = [];
  let text = "";
  for (const [index, one] of all.entries()) {
    for (let i = 0; i < one.text.length; i += 1) starts.push(index);
    text += one.text;
  }
  return { text, starts };
}

function rangeBetween(first, last) {
  const range = document.createRange();
  range.setStart(first.node, first.at);
  range.setEnd(last.node, last.at + 1);
  return range;
}

/** A Range over `quote` in `element`, white space and case apart; null where it does not stand there. */
export function rangeOf(element, quote) {
  const wanted = folded(quote).replace(/\s+/g, "");
  if (!wanted) return null;
  const all = characters(element);
  const { text, starts } = joined(all);
  const at = text.indexOf(wanted);
  return at < 0 ? null : rangeBetween(all[starts[at]], all[starts[at + wanted.length - 1]]);
}

/** Mark every place in `element` where one of `terms` stands, white space and case apart. */
export function markTerms(element, terms) {
  if (!globalThis.CSS?.highlights || !globalThis.Highlight) return;
  CSS.highlights.delete("terms");
  if (!element || !terms.length) return;
  const all = characters(element);
  const { text, starts } = joined(all);
  const ranges = [];
  for (const term of terms.map((one) => folded(one).replace(/\s+/g, "")).filter(Boolean)) {
    for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + term.length)) {
      ranges.push(rangeBetween(all[starts[at]], all[starts[at + term.length - 1]]));
    }
  }
  if (ranges.length) CSS.highlights.set("terms", new Highlight(...ranges));
}

/** Mark the quote in the first of `elements` that contains it; returns whether one does. */
export function markQuote(elements, quote) {
  if (!globalThis.CSS?.highlights || !globalThis.Highlight) return false;
  CSS.highlights.delete("quote");
  for (const element of quote ? elements : []) {
    const range = rangeOf(element, quote);
    if (range) {
      CSS.highlights.set("quote", new Highlight(range));
      return true;
    }
  }
  return false;
}
