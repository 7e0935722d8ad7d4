"use strict";
const rows = [...document.querySelectorAll("#rows > details")];
const [kind, verdict, text, count] = ["kind", "verdict", "text", "count"].map((id) =>
  document.getElementById(id),
);
const words = new Map(); // row -> its text, read when first needed

function wordsOf(row) {
  if (!words.has(row)) words.set(row, row.textContent.toLowerCase());
  return words.get(row);
}

function show() {
  const needle = text.value.trim().toLowerCase();
  let shown = 0;
  for (const row of rows) {
    const fits =
      (!kind.value || row.dataset.kind === kind.value) &&
      (!verdict.value ||
        (verdict.value === "!good"
          ? row.dataset.tone !== "good"
          : row.dataset.verdict === verdict.value)) &&
      (!needle || wordsOf(row).includes(needle));
    row.hidden = !fits;
    shown += fits;
  }
  count.textContent = `${shown} of ${rows.length} questions`;
}

// A link to a question, or to one of its citations, opens it even when a filter hides it.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const row = target && target.closest("#rows > details");
  if (!row) return;
  row.hidden = false;
  row.open = true;
  target.scrollIntoView();
}

for (const button of document.querySelectorAll("td button")) {
  button.addEventListener("click", () => {
    kind.value = button.dataset.kind;
    verdict.value = button.dataset.verdict;
    text.value = "";
    show();
    document.getElementById("questions").scrollIntoView();
  });
}
document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
for (const field of [kind, verdict, text]) field.addEventListener("input", show);
window.addEventListener("hashchange", openTarget);
show();
openTarget();
