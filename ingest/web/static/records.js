// The filter of the records page: the second end shows for ranges only, and words filter while they are typed.

const form = document.getElementById("records-filter");
const end = document.getElementById("range-end");

function showEnd() {
  end.hidden = form.elements.compare.value !== "range";
  if (end.hidden) form.elements.to.value = "";
}

form.elements.compare.addEventListener("change", showEnd);
showEnd();
document.getElementById("sort-choice").addEventListener("change", () => form.requestSubmit());
