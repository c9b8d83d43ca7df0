// Keyboard control of the search page: / focuses the field, j and k move through the hits.

const field = document.querySelector(".search-field");
const links = [...document.querySelectorAll(".hit-title a")];

function step(by) {
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  links[at < 0 ? (by > 0 ? 0 : links.length - 1) : (at + by + links.length) % links.length].focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === field && event.key === "Escape" && links.length) {
    links[0].focus();
    return;
  }
  if (event.target.closest?.("input, select, textarea")) return;
  if (event.key === "/") {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    step(event.key === "j" ? 1 : -1);
  }
});

for (const select of document.querySelectorAll("#search-form select")) {
  select.addEventListener("change", () => {
    if (field.value.trim()) select.form.requestSubmit();
  });
}
