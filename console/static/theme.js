/* Runs before the first paint, so that a dark page never flashes white. Without it the page follows the system's setting. */
(() => {
  "use strict";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // Storage is refused in some private windows; the system's setting then decides.
    }
  };
  const show = () => {
    root.dataset.bsTheme = stored() || (system.matches ? "dark" : "light");
  };
  root.dataset.js = "";
  show();
  system.addEventListener("change", show);
})();
