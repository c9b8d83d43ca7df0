/* Set before anything is painted, so that a chosen theme does not flash, and nothing moves when what needs a script is
   shown. Without a choice the system's theme is taken. */
(function () {
  document.documentElement.dataset.script = "yes";
  try {
    const chosen = localStorage.getItem("ingot-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch (blocked) {
    // Storage may be forbidden; the system's theme is right then.
  }
})();
