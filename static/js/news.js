/*
Lists that stay as they are while somebody reads them: inbox, holds, freezes, the audit. When the stream says that something
changed, the server is asked what of it concerns this list: what is new gathers in a pill, rows that read otherwise now change in
place, and what is open beside the list is never swapped: what became of it is told with it.
*/
"use strict";
(() => {
  const POLL = 30000;
  let timer = 0;
  let asking = false;
  let missed = false;
  let askedAt = 0;
  let focused = "";

  const list = () => document.querySelector("[data-news]");

  function wake() {
    const here = list();
    if (!here || timer || document.hidden) return;
    if (asking) return void (missed = true);
    timer = setTimeout(ask, Math.max(100, askedAt + Number(here.dataset.newsSeconds) * 1000 - Date.now()));
  }

  async function ask() {
    timer = 0;
    const here = list();
    if (!here || document.hidden) return;
    const url = new URL(here.dataset.news, location.href);
    const rows = [...here.querySelectorAll("[data-news-row]")].map((row) => row.dataset.newsRow);
    if (rows.length) url.searchParams.set("rows", rows.join(","));
    const open = document.querySelector("[data-item][data-print]");
    if (open) {
      url.searchParams.set("item", open.dataset.item);
      url.searchParams.set("seen", open.dataset.print);
    }
    asking = true;
    missed = false;
    try {
      await htmx.ajax("GET", url.pathname + url.search, { source: "#watch", target: "#watch", swap: "none" });
    } finally {
      asking = false;
      askedAt = Date.now();
      if (missed) wake();
    }
  }

  for (const name of ["sse:change", "sse:refresh", "holdpoint:refresh", "visibilitychange"]) document.addEventListener(name, wake);
  setInterval(wake, POLL);

  /* A row that is replaced keeps the focus. */
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target } = event.detail;
    if (target.matches?.("[data-row]") && target.contains(document.activeElement)) focused = document.activeElement.id;
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    focused = "";
  });
})();
