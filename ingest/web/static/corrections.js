// Corrections in the inspector: buttons below the value that is lit, the form, and the values anew afterwards.

import { say as announce } from "./dom.js";
import { CorrectionForm, say, withdraw } from "./correction_form.js";

export function setUpCorrections({ root, lights, pin, turn, current, sheetFrame }) {
  const list = document.getElementById("found-values");
  const actions = document.getElementById("value-actions");
  const api = root.dataset.api;
  const buttons = Object.fromEntries([...actions.querySelectorAll("[data-say]")].map((button) => [button.dataset.say, button]));
  const valueOf = (key) => (key ? list.querySelector(`[data-path][data-key="${CSS.escape(key)}"]`) : null);
  const selected = () => list.querySelector(".value.walked") ?? valueOf(lights.pinned) ?? (list.contains(document.activeElement) ? document.activeElement.closest("[data-path]") : null);

  const form = new CorrectionForm({
    form: document.getElementById("correction"),
    frame: sheetFrame,
    page: current,
    closed: () => valueOf(lights.pinned)?.focus({ preventScroll: true }),
    saved: (made, target) => refresh(`${target.schema}.${target.path}`, `Saved: ${target.name}`),
  });

  function targetOf(element) {
    const { schema, path, text } = element.dataset;
    return { api, schema, path, text, name: `${schema} ${path.replaceAll("_", " ")}` };
  }

  /** Show the buttons below a value. */
  function offer(element) {
    if (form.open) return;
    const given = Boolean(element?.classList.contains("value"));
    actions.hidden = !element;
    if (!element) return;
    const nested = element.closest(".absent");
    (nested ?? element).after(actions);
    buttons.confirm.hidden = !given || Boolean(element.dataset.number);
    buttons.reject.hidden = !given;
    buttons.undo.hidden = !element.dataset.number;
  }

  function correct(element = selected()) {
    if (!element) return;
    const place = actions.isConnected && !actions.hidden ? actions : (element.closest(".absent") ?? element);
    form.show(targetOf(element), place);
    actions.hidden = true;
  }

  async function told(promise, key, sentence) {
    try {
      await promise;
      await refresh(key, sentence);
    } catch (refused) {
      announce(refused.message);
      const place = document.getElementById("lit-line");
      place.textContent = refused.message;
    }
  }

  function confirm(element = selected()) {
    if (element?.matches(".value")) told(say(api, element.dataset.schema, element.dataset.path, "confirmed"), element.dataset.key, "Confirmed");
  }

  function reject(element = selected()) {
    if (element?.matches(".value")) told(say(api, element.dataset.schema, element.dataset.path, "rejected"), element.dataset.key, "Said not to be there");
  }

  function undo(element = selected()) {
    const number = element?.dataset.undo ?? element?.dataset.number;
    if (number) told(withdraw(api, number), element.dataset.key ?? "", "The correction is undone");
  }

  /** Load the values and the page anew, and light `key` again. */
  async function refresh(key, sentence) {
    document.body.append(actions, form.form);
    actions.hidden = true;
    const answer = await fetch(`${location.pathname}?part=values`, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return location.reload();
    const scrolled = list.scrollTop;
    const arrived = new DOMParser().parseFromString(await answer.text(), "text/html");
    list.replaceChildren(...[...arrived.body.childNodes].map((node) => document.importNode(node, true)));
    document.querySelector("#tab-values .num").textContent = String(list.querySelectorAll(".value").length);
    const element = valueOf(key);
    element?.focus({ preventScroll: true }); // a key that is pressed while the page is drawn means this value
    await turn(current(), { keep: true, quiet: true });
    list.scrollTop = scrolled;
    await pin(element?.matches(".value") ? key : "", Number(element?.dataset.page) || null, "found");
    if (!form.open) element?.focus({ preventScroll: true });
    announce(sentence);
    return null;
  }

  const done = { correct, confirm, reject, undo };
  actions.addEventListener("click", (event) => {
    const name = event.target.closest("[data-say]")?.dataset.say;
    const element = valueOf(lights.pinned) ?? actions.previousElementSibling;
    if (name) done[name](element?.matches("[data-path]") ? element : selected());
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-give], [data-undo]");
    if (!button) return;
    event.stopPropagation();
    event.preventDefault();
    if ("undo" in button.dataset) undo(button);
    else {
      actions.hidden = true;
      correct(button);
    }
  });
  return { ...done, pinned: (key) => offer(valueOf(key)?.matches(".value") ? valueOf(key) : null) };
}
