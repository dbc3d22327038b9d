/* Keys: / search, j k rows, Enter opens, p pause, r resume, ? help. Silent while somebody types. */
"use strict";
(() => {
  /* The boxes that select runs take no text: the keys work from them as from their rows. */
  const typing = (element) => element.matches("input:not([data-pick], [data-pick-page], #bulk-all), select, textarea, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-rows] > [data-row]")];

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step))];
    next.querySelector("a[href]")?.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  /* Open a command's form and go to its first field. A refused one is focused, so that its reason shows. False where the
  page has no such command: the key may mean something to another script. */
  function command(name) {
    const summary = document.querySelector(`#command-${name} > summary`);
    const refused = document.querySelector(`[aria-describedby="why-${name}"]`);
    if (!summary && !refused) {
      /* Its reason stands in the list under "More". */
      const why = document.getElementById(`why-${name}`);
      if (!why) return false;
      why.closest("details").open = true;
      why.tabIndex = -1;
      why.focus();
      return;
    }
    if (!summary) return refused.focus();
    /* It may stand in a list that is folded itself. */
    for (let place = summary.parentElement; place; place = place.parentElement.closest("details")) place.open = true;
    summary.parentElement.querySelector("input:not([type='hidden']), select, textarea, button")?.focus();
  }

  const actions = {
    "/": () => document.querySelector("[data-search]")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    p: () => command("pause"),
    r: () => command("resume"),
    "?": () => document.getElementById("keys")?.togglePopover(),
  };

  /* A key that was pressed while the page was still loading. */
  const early = window.holdpointEarlyKey;
  if (early && Object.hasOwn(actions, early)) actions[early]();
  window.holdpointEarlyKey = null;

  /* Ctrl or Cmd with Enter sends the form that is being written; whatever the server has to say is said there. */
  document.addEventListener("keydown", (event) => {
    const form = event.target.form;
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea") || !form) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("[type='submit']"));
  });

  /* What was searched for is sent: the next keys are meant for the rows. */
  document.addEventListener("submit", (event) => {
    const search = document.activeElement;
    if (search.matches("[data-search]") && search.form === event.target && document.querySelector("[data-rows]")) search.blur();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") {
      const open = event.target.closest("details.subcommand[open], details.command[open], details.menu[open]");
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      } else if (event.target.matches("[data-search]")) event.target.blur();
      return;
    }
    if (typing(event.target) || !Object.hasOwn(actions, event.key)) return;
    if (actions[event.key]() !== false) event.preventDefault();
  });
})();
