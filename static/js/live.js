/*
Live pages. A part marked data-live is fetched again when the server says that something changed. It is never swapped under
somebody's hands: while a form in it is dirty, open or focused the change waits, and the page says so. A part may fetch itself
(its own hx-get) or come with others in one answer (hx-swap-oob); data-print tells the server which parts are shown already.
*/
"use strict";
(() => {
  const { announce, complain, now, relative } = window.holdpoint;
  const indicator = document.querySelector(".live");
  const LIVE = "[data-live]:not(.live)";
  const waiting = new Set();
  let state = "";
  let updated = now();

  const selecting = () => document.querySelector("[data-row] [data-pick]:checked");

  /* Connection */
  function show() {
    if (!indicator || !state) return;
    const age = relative((now() - updated) / 1000);
    const held = [...waiting].some((part) => !following(part));
    const words = {
      open: held ? `update waits for your ${selecting() ? "selection" : "form"}` : `live · updated ${age}`,
      lost: `not connected · as of ${age}`,
      ended: `as of ${age}`,
    };
    indicator.dataset.live = state === "open" && held ? "waiting" : state;
    const text = indicator.querySelector("[data-live-text]");
    if (text.textContent !== words[state]) text.textContent = words[state];
    indicator.hidden = false;
  }

  function connection(next) {
    if (state && state !== next && next !== "ended") announce(next === "open" ? "Live again" : "Connection lost");
    const again = state === "lost" && next === "open";
    state = next;
    updated = next === "open" ? now() : updated;
    show();
    /* What was missed while the connection was down. */
    if (again) document.querySelectorAll(LIVE).forEach((each) => htmx.trigger(each, "holdpoint:refresh"));
  }

  document.addEventListener("htmx:sseOpen", () => connection("open"));
  document.addEventListener("htmx:sseError", () => connection("lost"));
  document.addEventListener("htmx:sseClose", (event) => event.detail.type === "message" && connection("ended"));
  document.addEventListener("holdpoint:tick", show);

  /* Guard */
  const changed = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.type === "file") return field.files.length > 0;
    /* A select without a default shows its first option, which is no choice of anybody's. */
    if (field.tagName === "SELECT") {
      const chosen = [...field.options].filter((each) => each.defaultSelected);
      const start = chosen.length || field.multiple ? chosen : [...field.options].slice(0, 1);
      return [...field.options].some((each) => each.selected !== start.includes(each));
    }
    return "defaultValue" in field && field.type !== "hidden" && field.value !== field.defaultValue;
  };
  const dirty = (form) => "typed" in form.dataset || [...form.elements].some(changed);

  /* Between press and release nothing may change or move, or the click would go elsewhere. */
  let pressed = false;
  document.addEventListener("pointerdown", () => (pressed = true), true);
  for (const end of ["pointerup", "pointercancel", "dragend"]) {
    document.addEventListener(end, () => setTimeout(() => ((pressed = false), release())), true);
  }

  /* A link of its own was followed and has no answer yet. If it left the page now, that answer would find nothing to change. */
  const following = (part) => part.querySelector(".htmx-request");

  function busy(part) {
    const focused = document.activeElement;
    if (pressed || following(part)) return true;
    if (part.contains(focused) && focused.matches("input:not([data-pick], [data-pick-page]), select, textarea")) return true;
    if (focused && part.contains(focused) && focused.closest("details.command[open]")) return true;
    if (part.querySelector("[data-pick]:checked")) return true;
    return [...part.querySelectorAll("form[data-guard]")].some(dirty);
  }

  function wait(part) {
    waiting.add(part);
    show();
  }

  function release() {
    for (const part of waiting) {
      if (part.isConnected && busy(part)) continue;
      waiting.delete(part);
      if (part.isConnected) htmx.trigger(part, "holdpoint:refresh");
    }
    show();
  }

  document.addEventListener("focusout", () => setTimeout(release));
  document.addEventListener("toggle", release, true);
  document.addEventListener("holdpoint:picked", release);
  document.addEventListener("holdpoint:tick", () => waiting.size && release());

  document.addEventListener("htmx:configRequest", (event) => {
    const shown = [...document.querySelectorAll(`${LIVE}[data-print]`)].map((each) => `${each.id}=${each.dataset.print}`);
    if (shown.length && event.detail.verb === "get") event.detail.headers["HX-Known"] = shown.join(" ");
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.detail.elt;
    if (event.target === part && part.matches?.(LIVE) && busy(part)) {
      event.preventDefault();
      wait(part);
    }
  });

  /* What a swap must not lose: the place of the focus, what was opened, and what was typed into other forms. */
  let asker = null;
  let byPerson = false;
  let failed = false;
  let acting = "";
  let opens = "";
  const kept = { open: new Set(), typed: new Map(), scrolled: new Map(), focus: null };

  /* A focused thing without an id is found again by its place among those of its nearest ancestor that has one. */
  const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
  function placeOf(element) {
    const near = element.closest("[id]");
    return near && { id: near.id, at: near === element ? -1 : [...near.querySelectorAll(FOCUSABLE)].indexOf(element) };
  }
  function focusAgain() {
    const near = kept.focus && document.getElementById(kept.focus.id);
    const place = kept.focus?.at < 0 ? near : near?.querySelectorAll(FOCUSABLE)[kept.focus.at];
    if (place && document.activeElement === document.body) place.focus({ preventScroll: true });
  }

  /* Boxes that scroll stay where they were; one that begins at its end is put there. */
  function scrollAgain(root) {
    for (const box of root.querySelectorAll("[data-keep-scroll]")) {
      const [left, top] = kept.scrolled.get(box.id) ?? [box.dataset.keepScroll === "end" ? box.scrollWidth : 0, 0];
      box.scrollTo({ left, top, behavior: "instant" });
    }
  }
  scrollAgain(document);

  function keep(target) {
    if (target.contains(document.activeElement)) kept.focus = placeOf(document.activeElement);
    for (const box of target.querySelectorAll("[data-keep-scroll]")) {
      const atEnd = box.scrollLeft + box.clientWidth >= box.scrollWidth - 2;
      kept.scrolled.set(box.id, [atEnd ? 1e6 : box.scrollLeft, box.scrollTop]);
    }
    const own = byPerson && asker?.matches("form") ? asker : null;
    for (const each of target.querySelectorAll("details[id][open]")) {
      if (!own || !each.contains(own) || !each.matches(".command, .subcommand")) kept.open.add(each.id);
    }
    /* The old part leaves after the new one has come: of two open details of one name the newcomer would be shut. */
    for (const each of target.querySelectorAll("details[name][open]")) each.removeAttribute("name");
    for (const form of target.querySelectorAll("form[data-guard]")) {
      for (const field of form.elements) {
        /* After a refusal the server sends back what was typed, all but the chosen files. */
        if (!field.id || !changed(field) || (form === own && !(failed && field.type === "file"))) continue;
        kept.typed.set(field.id, field);
      }
    }
  }

  function restore() {
    for (const id of kept.open) {
      const details = document.getElementById(id);
      if (details && (!opens || details.name !== document.getElementById(opens)?.name)) details.open = true;
    }
    for (const [id, old] of kept.typed) {
      const field = document.getElementById(id);
      if (!field || field === old || field.type !== old.type) continue;
      if (field.type === "file") field.files = old.files;
      else if (field.type === "checkbox" || field.type === "radio") field.checked = old.checked;
      else field.value = old.value;
    }
    scrollAgain(document);
    focusAgain();
    kept.open.clear();
    kept.typed.clear();
  }

  /* News of a list that was asked for before the list itself was replaced are of no use any more: it is asked again. */
  const LISTS = "#desk, #detail, #list, #lines";
  let replaced = 0;
  for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) {
    document.addEventListener(name, (event) => {
      if (event.detail.target?.matches?.(LISTS)) replaced += 1;
    });
  }
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id === "watch") event.detail.requestConfig.replaced = replaced;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id !== "watch" || event.detail.requestConfig.replaced === replaced) return;
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("holdpoint:refresh"));
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    /* A session that ended answers with the sign-in page: show it as a page, never inside a part. */
    if (/\/accounts\/login\//.test(event.detail.xhr.responseURL)) {
      event.preventDefault();
      location.reload();
      return;
    }
    asker = event.detail.requestConfig?.elt ?? null;
    byPerson = event.detail.requestConfig?.verb !== "get";
    failed = event.detail.xhr.status >= 400;
    acting = asker?.closest(LIVE)?.id ?? "";
    opens = asker?.dataset?.opens ?? "";
    if (asker?.matches(LIVE) && busy(asker)) {
      event.preventDefault();
      wait(asker);
      return;
    }
    if (event.detail.shouldSwap && event.detail.target !== asker) keep(event.detail.target);
    else if (event.detail.shouldSwap && asker?.matches(LIVE)) keep(asker);
  });

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const old = event.detail.target;
    const fresh = event.detail.fragment.firstElementChild;
    if (!old.matches?.(LIVE) || !fresh) return;
    /* An answer that was on its way while a newer one came in. */
    const late = Number(fresh.dataset.version) < Number(old.dataset.version);
    const theirs = asker && old.contains(asker);
    if (late || (!theirs && busy(old))) {
      event.detail.shouldSwap = false;
      if (!late) wait(old);
      return;
    }
    keep(old);
    waiting.delete(old);
  });

  document.addEventListener("htmx:afterSwap", restore);
  document.addEventListener("htmx:oobAfterSwap", restore);
  document.addEventListener("htmx:afterSettle", (event) => {
    restore();
    const part = event.detail.elt;
    if (!part?.querySelector) return;
    /* A link that opened a form leads into it, to the first field that is still empty. */
    const asked = opens && part.querySelector(`#${opens}`);
    if (asked) {
      opens = "";
      kept.focus = null;
      asked.open = true;
      [...asked.querySelectorAll("input, select, textarea")].find((field) => !field.value)?.focus();
    }
    if (byPerson && asker && part.id === (acting || part.id)) {
      const wrong = part.querySelector("[aria-invalid='true']");
      const place = wrong || part.querySelector("[role='alert'], [data-focus]") || (acting && part);
      if (place) {
        if (!wrong) place.tabIndex = -1;
        place.focus({ preventScroll: place === part });
        kept.focus = null;
      }
    }
    focusAgain();
    kept.focus = null;
    updated = now();
    waiting.delete(part);
    const said = part.querySelector("[data-announce]") || part.closest("[data-announce]");
    if (said && said.dataset.announce !== announced) announce((announced = said.dataset.announce));
    show();
  });
  /* Nothing had to be swapped: what is shown is true all the same. */
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.detail.requestConfig?.verb === "get") updated = now();
    if (waiting.size) setTimeout(release);
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
