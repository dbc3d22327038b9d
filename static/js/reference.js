/* The API's reference: contents that narrow as one types, and the kind of sample one has chosen, kept. */
"use strict";
(() => {
  const shell = document.querySelector(".ref");
  const field = document.querySelector("[data-reference-search]");
  const lines = [...document.querySelectorAll(".ref-tree [data-words]")].map((line) => [
    line,
    `${line.textContent} ${line.dataset.words}`.toLowerCase(),
  ]);
  const folds = [...document.querySelectorAll(".ref-tree details")];
  const none = document.querySelector(".ref-none");
  const opened = new Map(folds.map((fold) => [fold, fold.open]));

  function narrow() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    shell.classList.toggle("is-searching", words.length > 0);
    for (const [line, text] of lines) line.hidden = !words.every((word) => text.includes(word));
    for (const fold of folds) {
      const left = fold.querySelector("[data-words]:not([hidden])");
      fold.hidden = !left;
      fold.open = words.length > 0 ? Boolean(left) : opened.get(fold);
    }
    none.hidden = folds.some((fold) => !fold.hidden);
  }
  field.addEventListener("input", narrow);

  /* The contents mark the operation that is being read. */
  const inContents = new Map();
  for (const link of document.querySelectorAll(".ref-tree li > a")) {
    const section = link.pathname === location.pathname && document.getElementById(link.hash.slice(1));
    if (section) inContents.set(section, link);
  }
  const read = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) {
      if (isIntersecting) inContents.get(target).setAttribute("aria-current", "location");
      else inContents.get(target).removeAttribute("aria-current");
    }
  }, { rootMargin: "-20% 0px -79% 0px" });
  for (const section of inContents.keys()) read.observe(section);

  /* What was chosen once is chosen everywhere, on the next page too. */
  const KEPT = "holdpoint:sample";
  const samples = [...document.querySelectorAll("details.sample")];
  const choose = (kind) => samples.filter((sample) => sample.dataset.kind === kind).forEach((sample) => { sample.open = true; });
  try {
    const kept = localStorage.getItem(KEPT);
    if (kept) choose(kept);
  } catch { /* a browser that keeps nothing shows the first */ }
  document.addEventListener("click", (event) => {
    const summary = event.target.closest("details.sample > summary");
    if (!summary) return;
    const sample = summary.parentElement;
    /* One is always open: what is chosen already is not closed. */
    event.preventDefault();
    const at = summary.getBoundingClientRect().top;
    choose(sample.dataset.kind);
    scrollBy(0, summary.getBoundingClientRect().top - at);
    try {
      localStorage.setItem(KEPT, sample.dataset.kind);
    } catch { /* as above */ }
  });
})();
