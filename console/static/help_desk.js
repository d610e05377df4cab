/* The help desk: keys, and a refresh that never takes anything away. The page works without this file. */
(() => {
  "use strict";
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const desk = () => one("#desk");
  const narrow = matchMedia("(max-width: 939px)");

  // What was typed into a note stays with its case, also while one looks at another case or somebody takes this one.
  const kept = new Map();
  const restore = () => {
    const note = one("[data-keep]");
    if (!note) return;
    // An inbox that became part of an incident takes along what was being typed about it.
    const { keep, kept: before } = note.dataset;
    if (kept.has(before) && !kept.get(keep)) kept.set(keep, kept.get(before));
    kept.delete(before);
    if (!note.value && kept.has(keep)) note.value = kept.get(keep);
  };
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-keep]")) kept.set(event.target.dataset.keep, event.target.value);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = event.detail;
    if (elt.id === "note-form") kept.delete(one("[data-keep]", elt)?.dataset.keep);
    // Nobody looks, or somebody is marking text to copy it: the next round is early enough.
    if (elt.matches("[data-poll-seen]") && (document.hidden || marking())) event.preventDefault();
  });
  // What could not be kept is still in the field, and would otherwise be forgotten with the next refresh.
  const refused = () => {
    const note = one("[data-keep].is-invalid");
    if (note) kept.set(note.dataset.keep, note.value);
  };
  const marking = () => {
    const selection = getSelection();
    return selection && !selection.isCollapsed && desk()?.contains(selection.anchorNode);
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.requestConfig?.elt?.matches("[data-poll-seen]") && marking()) event.detail.shouldSwap = false;
    place = one("#desk-list")?.scrollTop || 0;
  });

  // The list stays where it was scrolled to; another list begins at its front.
  let place = 0;
  document.addEventListener("htmx:afterSwap", (event) => {
    const list = one("#desk-list");
    if (list && event.detail.target?.id === "desk") {
      list.scrollTop = event.detail.requestConfig?.elt?.matches("#find, .c-segment a") ? 0 : place;
    }
  });
  const reveal = () => {
    const [list, row] = [one("#desk-list"), current()];
    if (!list || !row || narrow.matches) return;
    const [shown, at] = [list.getBoundingClientRect(), row.getBoundingClientRect()];
    const bottom = Math.min(shown.bottom, innerHeight);
    if (at.bottom > bottom) list.scrollTop += at.bottom - bottom;
  };

  // A case that was opened on a phone takes the place of the list; elsewhere it stands beside it and the list stays.
  let testing = false;
  document.addEventListener("htmx:afterSettle", (event) => {
    const asked = event.detail.requestConfig?.elt;
    restore();
    refused();
    if (asked?.matches("[data-poll-seen]")) return;
    if (asked?.matches(".c-case-row, #desk-back") && narrow.matches) {
      scrollTo(0, 0);
      (one(".c-desk-open #case-title") || one(".c-case-row[aria-current]") || one(".c-case-row"))?.focus({ preventScroll: true });
    }
    // Who had scrolled down a case begins the next one at its top.
    if (asked?.matches(".c-case-row") && !narrow.matches && one("#desk-pane")?.getBoundingClientRect().top < 0) {
      one("#desk-pane").scrollIntoView();
    }
    // What to do next with a link that was just made stands beside it.
    if (asked?.matches('form[action*="/link"]')) one("#link")?.focus();
    if (testing) {
      testing = false;
      press();
    }
  });

  const rows = () => all(".c-case-row");
  const current = () => one(".c-case-row[aria-current]");
  const move = (by) => {
    const list = rows();
    const from = list.indexOf(document.activeElement.closest?.(".c-case-row") || current());
    const focused = list.includes(document.activeElement);
    // The first press goes to the case that is open, so that one sees where one stands.
    const to = focused || from < 0 ? from + by : from + (by < 0 ? -1 : 1);
    const next = list[Math.min(Math.max(to, 0), list.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  const press = () => one("#test-now:not([aria-disabled])")?.click();
  const test = () => {
    const row = document.activeElement.closest?.(".c-case-row");
    if (row && !row.closest("[data-row]")) return;
    if (row && row !== current()) {
      // What is tested is what one sees: the case opens first.
      testing = true;
      row.click();
    } else press();
  };

  // Keys of one letter can be switched off: speech input types letters.
  const STORE = "help-desk-keys";
  const stored = () => {
    try {
      return localStorage.getItem(STORE);
    } catch {
      return null;
    }
  };
  let on = stored() !== "off";
  const mark = () => all("[data-keys-toggle]").forEach((button) => button.setAttribute("aria-checked", on));
  document.addEventListener("click", (event) => {
    if (event.target.closest("#to-note")) {
      event.preventDefault();
      one("#note")?.focus();
    }
    if (!event.target.closest("[data-keys-toggle]")) return;
    on = !on;
    try {
      localStorage.setItem(STORE, on ? "on" : "off");
    } catch {
      // Not stored: it lasts until the page is left.
    }
    mark();
  });
  document.addEventListener("htmx:afterSettle", mark);

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input, textarea, select, [contenteditable]");
    const busy = one("dialog[open]") || one("details.c-menu[open]");
    if (!on || typing || busy || event.ctrlKey || event.metaKey || event.altKey || !desk()) return;
    const does = { j: () => move(1), k: () => move(-1), t: test }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });

  mark();
  restore();
  refused();
  reveal();
})();
