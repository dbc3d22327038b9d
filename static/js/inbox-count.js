/* The number beside the inbox's name: asked for once the page is there, and again when runs have changed. */
"use strict";
(() => {
  const PAUSE = 5000;
  const mark = document.getElementById("inbox-count");
  let askedAt = 0;
  let timer = 0;

  async function ask() {
    timer = 0;
    askedAt = Date.now();
    try {
      const answer = await fetch(mark.dataset.count, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) return;
      const { count, text } = await answer.json();
      mark.textContent = text;
      mark.hidden = count === 0;
      mark.title = `${text} waiting for you`;
    } catch {
      /* The page is being left, or the server is away, which the page says elsewhere: the number stays as it was. */
      mark.title = "";
    }
  }

  function wake() {
    if (timer || document.hidden) return;
    timer = setTimeout(ask, Math.max(0, askedAt + PAUSE - Date.now()));
  }

  if (!mark) return;
  document.addEventListener("sse:change", wake);
  document.addEventListener("sse:refresh", wake);
  document.addEventListener("visibilitychange", wake);
  document.addEventListener("holdpoint:answered", () => ((askedAt = 0), wake()));
  wake();
})();
