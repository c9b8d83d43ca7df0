// DOM helpers of the pages. Text of documents goes into textContent only, never into markup.

/** An element: `make("a", {href, class}, "text", child)`. Attributes that are null or false are left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Announce a sentence in the live region of the page; a repeated sentence is announced once. */
export function say(sentence) {
  const place = document.getElementById("said");
  if (place && place.textContent !== sentence) place.textContent = sentence;
}

/** Set the text of an element only if it differs, so that unchanged rows are not redrawn. */
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element && element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

/** The error sentence of an answer, with a fallback for answers that are not problem+json. */
export function problemOf(status, text) {
  try {
    const problem = JSON.parse(text);
    if (problem.detail) return String(problem.detail);
  } catch (broken) {
    // Not JSON: the answer came from a proxy, or there was none.
  }
  return status ? `The server answered ${status}.` : "The server cannot be reached.";
}

/** Send a JSON request; throws an Error with the server's sentence where it fails. */
export async function ask(method, url, body) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (unreachable) {
    throw new Error("The server cannot be reached.");
  }
  const text = await answer.text();
  if (!answer.ok) throw new Error(problemOf(answer.status, text));
  return text ? JSON.parse(text) : null;
}
