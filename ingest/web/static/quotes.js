// Where a quote stands in the text of some elements, and its mark there. Nothing is put into the text itself.

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

/** A Range over `quote` in `element`, white space and case apart; null where it does not stand there. */
export function rangeOf(element, quote) {
  const wanted = folded(quote).replace(/\s+/g, "");
  if (!wanted) return null;
  const all = characters(element);
  const starts = [];
  let text = "";
  for (const [index, one] of all.entries()) {
    for (let i = 0; i < one.text.length; i += 1) starts.push(index);
    text += one.text;
  }
  const at = text.indexOf(wanted);
  if (at < 0) return null;
  const first = all[starts[at]];
  const last = all[starts[at + wanted.length - 1]];
  const range = document.createRange();
  range.setStart(first.node, first.at);
  range.setEnd(last.node, last.at + 1);
  return range;
}

/** Mark the quote in the first of `elements` that has it; whether one did. */
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
