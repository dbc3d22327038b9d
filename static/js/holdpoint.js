/* Theme, copy buttons, times that tick. Every page works without this file. */
"use strict";
(() => {
  const root = document.documentElement;
  const themes = ["system", "light", "dark"];

  /* Shown at once; the server keeps it, so that the next page arrives in it and never flashes. */
  async function switchTheme(form) {
    const button = form.querySelector("button");
    const theme = button.value;
    const body = new URLSearchParams(new FormData(form));
    body.set("theme", theme);
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    button.value = themes[(themes.indexOf(theme) + 1) % themes.length];
    button.querySelector("span").textContent = `Theme: ${theme}`;
    try {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      if (answer.status >= 400) throw new Error(answer.status);
    } catch {
      holdpoint.complain("The theme could not be kept. Load the page again.");
    }
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      holdpoint.announce("Copied");
      button.dataset.copied = "";
      setTimeout(() => delete button.dataset.copied, 1500);
    } catch {
      holdpoint.announce("The browser does not allow copying here");
    }
  }

  /* Times are told by the server's clock: what this machine's clock says may be minutes off. */
  const served = document.querySelector('meta[name="server-time"]');
  const skew = served ? Date.parse(served.content) - Date.now() : 0;
  const now = () => Date.now() + skew;

  function relative(seconds) {
    const size = Math.abs(seconds);
    if (size < 1) return "now";
    const units = [["s", 1, 60], ["min", 60, 60], ["h", 3600, 24], ["d", 86400, Infinity]];
    const [unit, length] = units.find(([, each, most]) => Math.floor(size / each + 0.5) < most);
    const words = `${Math.floor(size / length + 0.5)} ${unit}`;
    return seconds < 0 ? `in ${words}` : `${words} ago`;
  }

  function tick() {
    for (const shown of document.querySelectorAll("time[datetime] > [data-relative]")) {
      const text = relative((now() - Date.parse(shown.parentElement.dateTime)) / 1000);
      if (shown.textContent !== text) shown.textContent = text;
    }
    document.dispatchEvent(new CustomEvent("holdpoint:tick"));
  }

  function prepare(scope) {
    for (const button of scope.querySelectorAll("[data-copy]")) button.hidden = false;
    for (const list of scope.querySelectorAll("select[data-adds]")) list.parentElement.hidden = false;
  }

  const announcer = document.getElementById("announcer");
  window.holdpoint = {
    now,
    relative,
    /* Tell those who listen to the page; the same words twice are still said twice. */
    announce(words) {
      if (announcer) announcer.textContent = announcer.textContent === words ? `${words}\u00a0` : words;
    },
    /* Show a message of our own; the server's come with the page. */
    complain(words) {
      const region = document.getElementById("messages");
      if (!region || [...region.children].some((each) => each.textContent === words)) return;
      const banner = document.createElement("div");
      banner.className = "banner";
      banner.dataset.tone = "error";
      banner.setAttribute("role", "alert");
      banner.append(Object.assign(document.createElement("p"), { textContent: words }));
      region.append(banner);
    },
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [aria-disabled='true']");
    if (!button) return;
    if (button.matches("[aria-disabled='true']")) event.preventDefault();
    else copy(button);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-theme-switch]")) return;
    event.preventDefault();
    switchTheme(event.target);
  });
  /* A template for a reason goes into its field, where it can be edited; the list is back at its first line. */
  document.addEventListener("change", (event) => {
    const list = event.target.closest?.("select[data-fills]");
    if (!list || !list.value) return;
    const field = document.getElementById(list.dataset.fills);
    const code = list.form?.elements.reason_code;
    field.value = field.value.trim() ? `${field.value.trimEnd()} ${list.value}` : list.value;
    if (code && !code.value) code.value = list.selectedOptions[0].dataset.code ?? "";
    list.selectedIndex = 0;
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  /* A field of the payload goes into the changes as it stands, to be edited there: as text, so that no number loses a digit. */
  document.addEventListener("change", (event) => {
    const list = event.target.closest?.("select[data-adds]");
    if (!list || !list.value) return;
    const field = document.getElementById(list.dataset.adds);
    const inside = field.value.trim().replace(/^\{|,?\s*\}$/g, "").trim();
    field.value = `{\n  ${inside ? `${inside},\n  ` : ""}${list.value}\n}`;
    list.selectedIndex = 0;
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  /* A menu closes when one clicks or tabs out of it. */
  for (const kind of ["click", "focusin"]) {
    document.addEventListener(kind, (event) => {
      for (const menu of document.querySelectorAll("details.menu[open]")) {
        if (!menu.contains(event.target)) menu.open = false;
      }
    });
  }
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
  prepare(document);
  /* A row of links that scrolls on narrow screens shows the one that leads here. */
  for (const current of document.querySelectorAll(".nav [aria-current]")) {
    const row = current.closest("nav");
    const [link, shown] = [current.getBoundingClientRect(), row.getBoundingClientRect()];
    row.scrollLeft += link.left - shown.left - (shown.width - link.width) / 2;
  }
  tick();
  setInterval(tick, 1000);

  /* Where one goes on at once. Not where that would scroll past what stands above it. */
  const first = document.querySelector("[data-first-field]");
  if (first && first.getBoundingClientRect().bottom < innerHeight) first.focus({ preventScroll: true });
})();
