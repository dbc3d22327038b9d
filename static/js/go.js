/* Ctrl or Cmd with K goes anywhere: what is typed narrows the pages, Enter goes to the first of them, and where none is
left it finds runs. The arrows walk along what is left. */
"use strict";
(() => {
  const go = document.getElementById("go");
  if (!go) return;
  const text = document.getElementById("go-text");
  const says = document.getElementById("go-says");
  const find = document.getElementById("go-find");
  const pages = [...go.querySelectorAll(".go-places a")].filter((link) => link !== find);
  const left = () => [...pages, ...(find ? [find] : [])].filter((link) => !link.parentElement.hidden);

  function narrow() {
    const typed = text.value.trim();
    const words = typed.toLowerCase().split(/\s+/);
    for (const link of pages) {
      const title = link.textContent.toLowerCase();
      link.parentElement.hidden = !words.every((word) => title.includes(word));
    }
    if (find) {
      find.parentElement.hidden = !typed;
      find.textContent = `Find runs with “${typed}”`;
      find.search = new URLSearchParams({ q: typed });
    }
    const [first] = left();
    for (const link of [...pages, find]) link?.toggleAttribute("data-next", link === first);
    if (!first) says.textContent = "No page is called so.";
    else says.textContent = first === find ? "Enter finds runs by id, title, label, reason or person." : `Enter goes to ${first.textContent}.`;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key?.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    go.togglePopover();
    if (!go.matches(":popover-open")) return;
    text.value = "";
    narrow();
    text.focus();
  });
  text.addEventListener("input", narrow);
  text.form.addEventListener("submit", (event) => {
    event.preventDefault();
    left()[0]?.click();
  });
  go.addEventListener("keydown", (event) => {
    /* The page behind has keys of its own. */
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const stops = [text, ...left()];
    const at = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    stops[Math.max(0, Math.min(stops.length - 1, at))].focus();
  });
})();
