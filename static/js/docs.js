/* The API's description follows the system's light or dark, as the rest does. */
"use strict";
{
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();
}

// Swagger UI reads the address only as the page is loaded; the links above it come later.
window.addEventListener("hashchange", () => {
  const [, tag, operation] = decodeURIComponent(location.hash).slice(1).split("/");
  const block = document.getElementById(`operations-${tag}-${operation}`);
  if (!block) return;
  ui.layoutActions.show(["operations", tag, operation], true);
  block.scrollIntoView();
  block.querySelector("button")?.focus();
});
