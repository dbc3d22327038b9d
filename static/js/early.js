/* Runs before all else: keeps the last key pressed while the page is being loaded, for keys.js to act on. */
"use strict";
window.holdpointEarlyKey = "";
document.addEventListener("keydown", function remember(event) {
  if (window.holdpointEarlyKey === null) return document.removeEventListener("keydown", remember);
  const typing = event.target.matches?.("input, select, textarea, [contenteditable]");
  if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) window.holdpointEarlyKey = event.key;
});
