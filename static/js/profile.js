/* Offers the time zone that the browser is in. */
"use strict";
(() => {
  const button = document.querySelector("[data-use-zone]");
  const field = document.querySelector("input[name=time_zone]");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = [...document.querySelectorAll("#zones option")].some((each) => each.value === here);
  if (!button || !known || field.value === here) return;
  button.querySelector("span").textContent = here;
  button.hidden = false;
  button.addEventListener("click", () => {
    field.value = here;
    button.hidden = true;
    field.focus();
  });
})();
