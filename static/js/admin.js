/* Before anything is drawn: the theme that the person has chosen in the console. */
"use strict";
{
  const theme = document.querySelector('meta[name="holdpoint-theme"]').content;
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
