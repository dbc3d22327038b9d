/* Keys on the timeline while it has the focus: + and - zoom, the arrows go earlier and later, 0 shows the whole life. */
"use strict";
(() => {
  const WAYS = { "+": "in", "=": "in", "-": "out", 0: "whole", ArrowLeft: "earlier", ArrowRight: "later" };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.id !== "timeline-box") return;
    if (!Object.hasOwn(WAYS, event.key)) return;
    /* A box that scrolls keeps its arrows. */
    const box = event.target;
    if (event.key.startsWith("Arrow") && box.scrollWidth > box.clientWidth) return;
    event.preventDefault();
    document.querySelector(`#run-timeline a[data-zoom="${WAYS[event.key]}"]`)?.click();
  });
})();
