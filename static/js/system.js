/* Asks for the system page's part anew while somebody looks at it; live.js keeps it from swapping under a hand. */
"use strict";
(() => {
  const part = () => document.getElementById("system");
  const refresh = () => {
    if (!document.hidden && part()) htmx.trigger(part(), "holdpoint:refresh");
  };
  setInterval(refresh, Number(part().dataset.every) * 1000);
  document.addEventListener("visibilitychange", refresh);
})();
