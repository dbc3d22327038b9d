/* The inbox: keys to move and decide. What was typed into a form comes back with its form. What is new: news.js. */
"use strict";
(() => {
  const APPROVE = ["approve", "yes", "true"];
  const REFUSE = ["reject", "no", "false"];
  const drafts = new Map();
  let acted = false;
  let acts = 0;
  let sending = false;

  const desk = () => document.getElementById("desk");
  const detail = () => document.getElementById("detail");
  const rows = () => [...document.querySelectorAll("#desk [data-row]")];
  const typing = (element) => element.matches("input, select, textarea, [contenteditable]");
  const isWide = () => getComputedStyle(document.querySelector(".desk-list")).display !== "none" && detail()?.offsetParent;

  /* Moving: j and k have moved the focus already; beside the list what has the focus is shown. */
  function open(link) {
    if (link && isWide() && link.getAttribute("aria-current") !== "true") link.click();
  }

  function here() {
    return rows().find((row) => row.querySelector("[aria-current]"))?.querySelector("a");
  }

  /* Deciding: a key chooses and goes to where it is confirmed; nothing is ever sent by one key. */
  function reveal(field) {
    for (let part = field.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    field.focus();
  }

  function decide(values) {
    const form = detail()?.querySelector(".answer-form");
    const release = detail()?.querySelector("[id^='command-release-']");
    if (!form) {
      if (values !== APPROVE || !release) return;
      release.open = true;
      return void release.querySelector("textarea")?.focus();
    }
    const choice = [...form.querySelectorAll("input[type='radio']")].find((each) => values.includes(each.value));
    if (!choice && values === REFUSE) return window.holdpoint.announce("This question cannot be refused. It asks for something else.");
    if (!choice) {
      const first = form.querySelector("input:not([type='hidden']), select, textarea");
      return void (values === APPROVE && (first && !first.closest("details:not([open])") ? first : form.querySelector("[type='submit']")).focus());
    }
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    const reason = form.querySelector("textarea[name$='-reason']");
    if (values === REFUSE && reason) reveal(reason);
    else form.querySelector("[type='submit']").focus();
    window.holdpoint.announce(`${choice.closest("label")?.textContent.trim() ?? choice.value} chosen. Enter sends it.`);
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "j" || event.key === "k") {
      /* The list has been walked by the keys of every page; from outside of it the walk begins at what is open. */
      open(document.activeElement?.closest("[data-row] a"));
    } else if (event.key === "a" || event.key === "d") {
      event.preventDefault();
      decide(event.key === "a" ? APPROVE : REFUSE);
    }
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if ((event.key === "j" || event.key === "k") && !typing(event.target) && !event.target.closest("[data-row]")) {
        here()?.focus({ preventScroll: true });
      }
    },
    true,
  );

  /* What was typed */
  const fields = () => [...(detail()?.querySelectorAll("form[data-guard] :is(textarea, input:not([type='hidden'], [type='file']), select)") ?? [])];
  const value = (field) => (/^(checkbox|radio)$/.test(field.type) ? field.checked : field.value);
  const blank = (field) => (/^(checkbox|radio)$/.test(field.type) ? field.defaultChecked : field.tagName === "SELECT" ? value(field) : field.defaultValue);

  function keep() {
    for (const field of fields()) if (value(field) !== blank(field)) drafts.set(field.id, value(field));
  }

  function restore() {
    for (const field of fields()) {
      if (!drafts.has(field.id)) continue;
      if (/^(checkbox|radio)$/.test(field.type)) field.checked = drafts.get(field.id);
      else field.value = drafts.get(field.id);
      drafts.delete(field.id);
      const within = field.closest("details");
      if (within) within.open = true;
    }
  }

  /* What was asked for before an answer was sent must not come over what the answer brings. */
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { requestConfig, target } = event.detail;
    if (target?.id !== "detail" && target?.id !== "desk") return;
    if (requestConfig.verb === "post") acts += 1;
    else if (sending) return event.preventDefault();
    requestConfig.acts = acts;
    sending = requestConfig.verb === "post";
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig?.verb === "post") sending = false;
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { requestConfig, target } = event.detail;
    if (target?.id !== "detail" && target?.id !== "desk") return;
    acted = requestConfig.verb === "post";
    if (requestConfig.acts !== acts) event.preventDefault();
    else if (!acted) keep();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "detail") return;
    const shown = detail().dataset.item;
    for (const link of document.querySelectorAll("#desk [data-row] a")) {
      if (link.id === `open-${shown}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    desk().dataset.chosen = "";
    restore();
    if (!isList()) detail().scrollIntoView({ block: "start" });
  });
  const isList = () => getComputedStyle(document.querySelector(".desk-list")).display !== "none";

  /* After an answer the next one is open; the keys go on from its row. */
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt?.id !== "desk" || !acted) return;
    acted = false;
    restore();
    document.dispatchEvent(new CustomEvent("holdpoint:answered"));
    if (event.detail.elt.querySelector("[role='alert'], [aria-invalid='true']")) return;
    const place = isList() ? here() : detail()?.querySelector("h2");
    if (!place) return;
    if (place.tagName === "H2") place.tabIndex = -1;
    place.focus({ preventScroll: isList() });
  });
})();
