/*
Keeps the list of runs live. The stream says which runs changed; rows on the page are replaced in place, the others are counted
in a pill. At most one request a second, none while the page is out of sight.
*/
"use strict";
(() => {
  const PAUSE = 1000;
  const COUNTS_EVERY = 5000;
  const POLL = 15000;
  const rows = new Set();
  const others = new Set();
  let timer = 0;
  let countTimer = 0;
  let asking = false;
  let all = false;
  let askedAt = 0;
  let countedAt = Date.now();
  let connected = true;
  let focused = "";

  const panel = () => document.getElementById("runs");
  const idOf = (row) => row.id.slice("run-".length);

  function wake() {
    if (timer || asking || document.hidden) return;
    timer = setTimeout(ask, Math.max(100, askedAt + PAUSE - Date.now()));
  }

  function noticed(id) {
    (document.getElementById(`run-${id}`) ? rows : others).add(id);
    wake();
  }

  function refresh() {
    all = true;
    wake();
  }

  async function ask() {
    timer = 0;
    const here = panel();
    if (!here || document.hidden) return;
    const shown = [...here.querySelectorAll("[data-row]")].map(idOf);
    const url = new URL(here.dataset.changes, location.href);
    const counts = all || Date.now() - countedAt > COUNTS_EVERY;
    const parameters = {
      rows: (all ? shown : [...rows]).join(","),
      others: [...others].slice(-150).join(","),
      /* In another order than newest first, what is new is what came since the list was loaded. */
      newest: here.dataset.newest || shown[0] || "",
      oldest: shown.at(-1) || "",
      first: "first" in here.dataset ? "1" : "",
      counts: counts && !document.getElementById("state-tabs").contains(document.activeElement) ? "1" : "",
    };
    for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, value);
    if (counts) countedAt = Date.now();
    rows.clear();
    all = false;
    asking = true;
    try {
      await htmx.ajax("GET", url.pathname + url.search, { source: here, target: "#watch", swap: "none" });
    } finally {
      asking = false;
      askedAt = Date.now();
      if (rows.size || all) wake();
      /* The last change of a burst must show in the counts too. */
      else if (!counts && !countTimer) countTimer = setTimeout(() => ((countTimer = 0), wake()), COUNTS_EVERY);
    }
  }

  document.addEventListener("sse:change", (event) => noticed(event.detail.data));
  document.addEventListener("sse:refresh", refresh);
  document.addEventListener("holdpoint:refresh", refresh);
  document.addEventListener("visibilitychange", () => !document.hidden && (rows.size || others.size || all) && wake());
  document.addEventListener("htmx:sseOpen", () => (connected = true));
  document.addEventListener("htmx:sseError", () => (connected = false));
  setInterval(() => !connected && refresh(), POLL);

  /* A row that is replaced keeps the focus, and is marked only when its state has changed. */
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    if (!target.matches("[data-row]")) return;
    const next = fragment.firstElementChild;
    if (next.dataset.state !== target.dataset.state) next.classList.add("is-changed");
    if (target.contains(document.activeElement)) focused = document.activeElement.id;
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    focused = "";
  });
  /* On a narrow screen the tabs scroll; the one shown must be seen. */
  const showTab = () => document.querySelector("#state-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "list") return;
    others.clear();
    showTab();
  });
  showTab();
})();
