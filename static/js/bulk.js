/* How long a bulk command will take at the rate that is typed; the server says it for one rate in the field's help. */
"use strict";
(() => {
  const field = document.querySelector("[data-runs]");
  const shown = document.querySelector("[data-takes]");
  if (!field || !shown) return;

  function told(seconds) {
    if (seconds < 60) return "Takes less than a minute.";
    const [unit, length] = seconds < 5400 ? ["min", 60] : seconds < 172800 ? ["h", 3600] : ["d", 86400];
    return `Takes about ${Math.round(seconds / length).toLocaleString("en")} ${unit}.`;
  }

  function show() {
    const rate = field.valueAsNumber;
    shown.textContent = rate > 0 ? told(Number(field.dataset.runs) / rate) : "";
  }

  field.addEventListener("input", show);
  show();
})();
