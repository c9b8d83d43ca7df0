/* Set before anything is painted, so that a chosen theme does not flash. Without a choice the system's is taken. */
(function () {
  try {
    const chosen = localStorage.getItem("ingot-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch (blocked) {
    // Storage may be forbidden; the system's theme is right then.
  }
})();
