/* Says which files were chosen, and how large they are, before they are sent. */
"use strict";
(() => {
  const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`);

  function show(input) {
    input.parentElement.querySelector(".chosen")?.remove();
    if (input.files.length < 2) return;
    const list = document.createElement("ul");
    list.className = "chosen";
    for (const file of input.files) {
      const line = document.createElement("li");
      line.append(Object.assign(document.createElement("span"), { className: "wrap-anywhere", textContent: file.name }));
      line.append(Object.assign(document.createElement("span"), { className: "muted nowrap", textContent: size(file.size) }));
      list.append(line);
    }
    input.after(list);
  }

  const inputs = () => document.querySelectorAll("input[type='file'][multiple]");
  document.addEventListener("change", (event) => event.target.matches("input[type='file'][multiple]") && show(event.target));
  document.addEventListener("htmx:afterSettle", () => inputs().forEach(show));
})();
