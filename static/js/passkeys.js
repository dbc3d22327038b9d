/* Says what happened when the browser gave no passkey; allauth's own scripts only log it. */
"use strict";
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const place = document.querySelector("[data-passkey-problem]");
  if (!place) return;
  const refused = event.detail.exception?.name === "NotAllowedError" || event.detail.exception?.name === "AbortError";
  const known = event.detail.exception?.name === "InvalidStateError";
  place.querySelector("p").textContent = known
    ? "This key is set up already."
    : refused
      ? "Nothing was confirmed: it was cancelled, or took too long. Try again."
      : "The browser could not use a passkey here. Passkeys need https, or localhost.";
  place.hidden = false;
});
for (const button of document.querySelectorAll("[data-needs-script]")) button.hidden = false;
