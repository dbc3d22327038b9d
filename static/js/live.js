/*
Live pages. A fragment marked data-live is fetched again when the server says that something changed. It is never swapped under
somebody's hands: while a form in it is dirty, open or focused the change waits, and the page says so.
*/
"use strict";
(() => {
  const { announce, complain, now, relative } = window.holdpoint;
  const indicator = document.querySelector(".live");
  const waiting = new Set();
  let state = "";
  let updated = now();

  /* Connection */
  function show() {
    if (!indicator || !state) return;
    const age = relative((now() - updated) / 1000);
    const words = {
      open: waiting.size ? "update waits for your form" : `live · updated ${age}`,
      lost: `not connected · as of ${age}`,
      ended: `as of ${age}`,
    };
    indicator.dataset.live = state === "open" && waiting.size ? "waiting" : state;
    indicator.querySelector("[data-live-text]").textContent = words[state];
    indicator.hidden = false;
  }

  function connection(next) {
    if (state && state !== next && next !== "ended") announce(next === "open" ? "Live again" : "Connection lost");
    const again = state === "lost" && next === "open";
    state = next;
    updated = next === "open" ? now() : updated;
    show();
    /* What was missed while the connection was down. */
    if (again) document.querySelectorAll("[data-live]:not(.live)").forEach((each) => htmx.trigger(each, "holdpoint:refresh"));
  }

  document.addEventListener("htmx:sseOpen", () => connection("open"));
  document.addEventListener("htmx:sseError", () => connection("lost"));
  document.addEventListener("htmx:sseClose", (event) => event.detail.type === "message" && connection("ended"));
  document.addEventListener("holdpoint:tick", show);

  /* Guard */
  const dirty = (form) => [...form.elements].some((field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.type === "file") return field.files.length > 0;
    if (field.tagName === "SELECT") return [...field.options].some((each) => each.selected !== each.defaultSelected);
    return "defaultValue" in field && field.type !== "hidden" && field.value !== field.defaultValue;
  });

  function busy(fragment) {
    const focused = document.activeElement;
    if (fragment.contains(focused) && focused.matches("input, select, textarea")) return true;
    if (fragment.querySelector("details.command[open], tr[aria-selected='true'] input:checked")) return true;
    return [...fragment.querySelectorAll("form[data-guard]")].some(dirty);
  }

  function guard(event) {
    const fragment = event.detail.elt;
    if (!fragment?.matches?.("[data-live]:not(.live)") || event.target !== fragment) return;
    if (busy(fragment)) {
      event.preventDefault();
      waiting.add(fragment);
      show();
    }
  }

  function release() {
    for (const fragment of waiting) {
      if (fragment.isConnected && busy(fragment)) continue;
      waiting.delete(fragment);
      if (fragment.isConnected) htmx.trigger(fragment, "holdpoint:refresh");
    }
  }

  document.addEventListener("htmx:beforeRequest", guard);
  document.addEventListener("htmx:beforeSwap", (event) => {
    /* A session that ended answers with the sign-in page: show it as a page, never inside a fragment. */
    if (/\/accounts\/login\//.test(event.detail.xhr.responseURL)) {
      event.preventDefault();
      location.reload();
      return;
    }
    if (event.detail.requestConfig?.elt?.matches("[data-live]")) guard({
      target: event.detail.requestConfig.elt, detail: event.detail.requestConfig, preventDefault: () => event.preventDefault(),
    });
  });
  document.addEventListener("focusout", () => setTimeout(release));
  document.addEventListener("toggle", release, true);
  document.addEventListener("holdpoint:tick", () => waiting.size && release());

  /* What a swap must not lose: the place of the focus and what was opened. Both are found again by id. */
  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.defaultPrevented || !event.detail.shouldSwap) return;
    const target = event.detail.target;
    kept = {
      focus: target.contains(document.activeElement) ? document.activeElement.id || document.activeElement.closest("[id]")?.id : "",
      open: [...target.querySelectorAll("details[id][open]:not(.command)")].map((each) => each.id),
      byPerson: event.detail.requestConfig?.verb !== "get",
    };
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!kept) return;
    for (const id of kept.open) {
      const details = document.getElementById(id);
      if (details) details.open = true;
    }
    if (kept.byPerson) {
      const wrong = event.detail.elt.querySelector("[aria-invalid='true']");
      const place = wrong || event.detail.elt.querySelector("[role='alert'], [data-focus]");
      if (place) {
        if (!wrong) place.tabIndex = -1;
        place.focus();
      }
    }
    if (kept.focus && document.activeElement === document.body) document.getElementById(kept.focus)?.focus({ preventScroll: true });
    kept = null;
    updated = now();
    waiting.delete(event.detail.elt);
    const said = event.detail.elt.querySelector?.("[data-announce]") || event.detail.elt.closest?.("[data-announce]");
    if (said && said.dataset.announce !== announced) announce((announced = said.dataset.announce));
    show();
  });
  let announced = document.querySelector("[data-announce]")?.dataset.announce;

  /* Failures are visible, never silent. */
  document.addEventListener("htmx:sendError", (event) => {
    if (event.detail.requestConfig?.verb !== "get") complain("No answer from the server. Load the page again to see whether it was done.");
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.requestConfig?.verb !== "get") complain(`The server answered ${event.detail.xhr.status}. Load the page again to see how things stand.`);
  });
})();
