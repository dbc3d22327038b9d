/* Selecting runs of the list: a whole page, a stretch with shift, x for the row in focus. Without this file boxes still work. */
"use strict";
(() => {
  const { announce } = window.holdpoint;
  const boxes = () => [...document.querySelectorAll("#runs [data-pick]")];
  const picked = () => boxes().filter((box) => box.checked);
  let last = null;

  function show() {
    const all = boxes();
    const number = picked().length;
    const whole = document.getElementById("bulk-all");
    const words = document.querySelector("[data-picked]");
    const head = document.querySelector("[data-pick-page]");
    if (head) {
      head.hidden = !all.length;
      head.checked = number > 0 && number === all.length;
      head.indeterminate = number > 0 && number < all.length;
    }
    if (whole && !number) whole.checked = false;
    if (words) words.textContent = whole?.checked ? "All that match" : `${number} selected`;
  }

  function changed() {
    show();
    announce(document.querySelector("[data-picked]")?.textContent ?? "");
    document.dispatchEvent(new CustomEvent("holdpoint:picked"));
  }

  document.addEventListener("click", (event) => {
    const box = event.target.closest("[data-pick]");
    if (!box) return;
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && last?.isConnected) for (const each of all.slice(from, to + 1)) each.checked = box.checked;
    last = box;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-page]")) for (const each of boxes()) each.checked = event.target.checked;
    if (event.target.matches("[data-pick-page], [data-pick], #bulk-all")) changed();
  });
  document.addEventListener("reset", (event) => event.target.id === "bulk" && setTimeout(changed));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.matches("input:not([type='checkbox']), select, textarea")) return;
    if (event.key === "x") {
      const row = event.target.closest("[data-row]") || document.querySelector("#runs [data-row]");
      const box = row?.querySelector("[data-pick]");
      if (!box) return;
      event.preventDefault();
      if (!row.contains(event.target)) row.querySelector("a[href]").focus();
      box.checked = !box.checked;
      last = box;
      changed();
    } else if (event.key === "Escape" && picked().length && !document.querySelector("details.menu[open]")) {
      document.getElementById("bulk").reset();
    } else if ((event.key === "p" || event.key === "r") && picked().length) {
      event.preventDefault();
      document.querySelector(`[data-bulk="${event.key === "p" ? "pause" : "resume"}"]`)?.click();
    }
  });
  document.addEventListener("htmx:afterSwap", show);
  window.addEventListener("pageshow", show);
  show();
})();
