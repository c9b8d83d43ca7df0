// Buttons that copy the text of a field: `<button data-copy="ID">`.

import { say, setText } from "./dom.js";

/** Copy the text of a field; the clipboard is closed to pages without TLS, where the selection is copied instead. */
async function copied(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch (closed) {
    return document.execCommand("copy");
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const done = await copied(document.getElementById(button.dataset.copy));
    setText(button, done ? "Copied" : "Copy");
    say(done ? "Copied." : "The browser does not let this page copy: the text is selected, copy it by hand.");
  });
}
