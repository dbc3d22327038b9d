/* The timeline under keys and mouse. While it has the focus + and - zoom, the arrows go earlier and later, 0 shows the whole
life. A drag across its plot zooms to the part that it covers; Esc lets go of it. Fingers scroll, as everywhere. */
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

  const LEAST_PIXELS = 6;
  const UNITS = [["d", 86400, "h", 3600], ["h", 3600, "min", 60], ["min", 60, "s", 1]];
  let drag = null;
  let dragged = false;

  function lasting(milliseconds) {
    if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
    if (milliseconds < 9950) return `${(milliseconds / 1000).toFixed(1)} s`;
    const seconds = Math.round(milliseconds / 1000);
    const [big, length, small, part] = UNITS.find((unit) => seconds >= unit[1]) ?? ["", 1, "s", 1];
    const rest = Math.floor((seconds % length) / part);
    return big ? `${Math.floor(seconds / length)} ${big}${rest ? ` ${rest} ${small}` : ""}` : `${seconds} s`;
  }

  function placeAt(x) {
    const box = drag.plot.getBoundingClientRect();
    return Math.min(100, Math.max(0, (100 * (x - box.left)) / box.width));
  }

  /* The server says at which places which moments lie; between two of them time runs evenly. */
  function momentAt(place) {
    const knots = drag.plot.dataset.scale.split(" ").map((knot) => knot.split(":").map(Number));
    const after = Math.max(1, knots.findIndex((knot) => knot[0] >= place));
    const [[left, since], [right, until]] = [knots[after - 1], knots[after] ?? knots[after - 1]];
    return since + (right > left ? (Math.min(place, right) - left) / (right - left) : 0) * (until - since);
  }

  function covered() {
    const places = [placeAt(drag.from), placeAt(drag.to)].sort((one, other) => one - other);
    return [...places, ...places.map(momentAt)];
  }

  function draw() {
    const make = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);
    if (!drag.mark) {
      drag.mark = make("g");
      drag.mark.classList.add("life-part");
      drag.mark.append(make("rect"), make("text"));
      drag.plot.append(drag.mark);
    }
    const [left, right, since, until] = covered();
    const [box, words] = drag.mark.children;
    const height = drag.plot.getAttribute("height");
    for (const [name, value] of [["x", `${left}%`], ["width", `${right - left}%`], ["y", 0], ["height", height]]) box.setAttribute(name, value);
    words.setAttribute("x", `${Math.min(96, Math.max(4, (left + right) / 2))}%`);
    words.setAttribute("y", height - 6);
    words.setAttribute("text-anchor", "middle");
    words.textContent = lasting(until - since);
  }

  function letGo() {
    drag?.mark?.remove();
    drag = null;
  }

  document.addEventListener("pointerdown", (event) => {
    dragged = false;
    const plot = event.target.closest?.(".life-plot");
    if (plot?.dataset.scale && event.button === 0 && event.pointerType !== "touch") drag = { plot, from: event.clientX, to: event.clientX, mark: null };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.to = event.clientX;
    if (!drag.mark && Math.abs(drag.to - drag.from) < LEAST_PIXELS) return;
    if (!drag.mark) {
      drag.plot.setPointerCapture(event.pointerId);
      drag.plot.closest(".life").focus({ preventScroll: true }); // so that the keys go on from there
    }
    draw();
  });
  document.addEventListener("pointerup", () => {
    if (!drag?.mark) return letGo();
    dragged = true;
    const [, , since, until] = covered().map(Math.round);
    const box = drag.plot.closest(".life");
    letGo();
    const to = new URL(location.href);
    to.searchParams.set("life", `${since}-${until}`);
    htmx.ajax("GET", to.pathname + to.search, { source: box, target: box, swap: "none" });
  });
  document.addEventListener("pointercancel", letGo);
  document.addEventListener("keydown", (event) => event.key === "Escape" && drag && (event.preventDefault(), letGo()));
  document.addEventListener("dragstart", (event) => event.target.closest?.(".life-plot") && event.preventDefault());
  /* What a drag ended on is not clicked. */
  document.addEventListener("click", (event) => dragged && event.target.closest?.(".life") && (event.preventDefault(), event.stopPropagation()), true);
})();
