/* The API's description is light or dark as the person chose, or else the system, as the rest is. */
"use strict";
{
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = document.documentElement.dataset.theme;
  const follow = () => document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : dark.matches);
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
