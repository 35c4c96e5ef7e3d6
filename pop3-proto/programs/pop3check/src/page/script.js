"use strict";
// Filters by verdict and level. Without this everything is shown.
const filters = document.querySelector(".filters");
const items = [...document.querySelectorAll("[data-verdict]")];
const level = filters.querySelector("select");
const boxes = [...filters.querySelectorAll("input")];
function filter() {
  const shown = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  for (const item of items) {
    const levels = item.dataset.levels.split(" ");
    const isIn = shown.has(item.dataset.verdict) && (!level.value || levels.includes(level.value));
    item.toggleAttribute("data-out", !isIn);
  }
  for (const section of document.querySelectorAll("details.section")) {
    section.toggleAttribute("data-out", !section.querySelector("[data-verdict]:not([data-out])"));
  }
}
filters.hidden = false;
filters.addEventListener("change", filter);
filters.querySelector("button").addEventListener("click", () => {
  const open = [...document.querySelectorAll("details.section")].some((section) => !section.open);
  for (const section of document.querySelectorAll("details.section")) section.open = open;
});
