// The filter of the records page: the second end counts for ranges only, and another order is shown at once.

const form = document.getElementById("records-filter");

form.elements.compare.addEventListener("change", () => {
  if (form.elements.compare.value !== "range") form.elements.to.value = "";
});
document.getElementById("sort-choice").addEventListener("change", () => form.requestSubmit());
