/* What the pages cannot do with HTML, CSS and htmx alone. Every page works without this file. */
(() => {
  "use strict";
  const root = document.documentElement;
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  // One live region that is never replaced, because a region that arrives together with its text is not read out.
  let said = "";
  const say = (text) => {
    const region = one("#say");
    if (region && text && text !== said) {
      region.textContent = text;
      said = text;
    }
  };
  const textOf = (selector) => one(selector)?.textContent.replace(/\s+/g, " ").trim();
  const sentence = () => textOf("[data-say]");

  // The answer to an action is read out once, also when it arrives with a fragment.
  let told = "";
  const message = () => {
    const text = textOf("#notice .c-message-text");
    const fresh = text && text !== told;
    told = text;
    return fresh ? text : "";
  };

  // After a swap: what was open stays open; the focus follows the person's own action and stays where it was when a poll did it.
  let opened = new Map();
  const polled = (event) => event.detail.requestConfig?.elt?.hasAttribute("data-poll");

  // A poll waits while a button is held down or a menu is open: replaced under the pointer, it would never be clicked.
  let held = false;
  document.addEventListener("pointerdown", () => (held = true));
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => setTimeout(() => (held = false)));

  // A page on its way elsewhere asks no more: an answer that came now would call it back. The request is ended here and
  // not by htmx, which would write it down as an error.
  let asking = [];
  const underWay = () => asking.filter(({ xhr }) => xhr.readyState !== xhr.DONE);
  document.addEventListener("htmx:beforeSend", (event) => {
    const { elt, xhr } = event.detail;
    if (elt.hasAttribute("data-poll")) asking = [...underWay(), { elt, xhr }];
  });
  const end = ({ xhr }) => {
    xhr.onabort = null;
    xhr.abort();
  };
  // What was asked before the person opened something else would answer into the place of that.
  document.addEventListener("htmx:afterSwap", () => {
    underWay()
      .filter(({ elt }) => !elt.isConnected)
      .forEach(end);
  });
  addEventListener("beforeunload", () => {
    underWay().forEach(end);
    all("[data-poll]").forEach((poll) => poll.remove());
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, requestConfig } = event.detail;
    const elsewhere = new URL(xhr.responseURL || location.href, location.href);
    if (polled(event) && elsewhere.pathname !== new URL(requestConfig.path, location.href).pathname) {
      // What was watched is over, and the server sent the poll on: to the last step, or to sign-in.
      event.detail.shouldSwap = false;
      location.assign(elsewhere.pathname);
    }
    if (polled(event) && (held || one(".c-menu[open]", target))) event.detail.shouldSwap = false;
    opened = new Map(all("details[id]:not(.c-menu)", target).map((details) => [details.id, details.open]));
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    opened.forEach((open, id) => {
      const details = document.getElementById(id);
      if (details && (open || polled(event))) details.open = open;
    });
    if (event.detail.target.id === "dialog") {
      openDialog();
    } else if (!polled(event) && (document.activeElement === document.body || one(".is-invalid"))) {
      focusFirst(one("#wizard") || one("main"));
    }
    markTheme();
    say(message() || sentence());
  });

  const focusFirst = (panel) => {
    // In the order of the page; what lies hidden beneath a ticked box cannot take the focus.
    const wrongs = all(".is-invalid", panel);
    wrongs.forEach((field) => field.closest("details:not([open])")?.setAttribute("open", ""));
    const wrong = wrongs.find((field) => field.checkVisibility());
    (wrong || one("[autofocus]", panel) || one("h1[tabindex], h2[tabindex]", panel))?.focus();
  };

  // The dialog: a link to a question fills it; without this file the same link opens the question as a page.
  const dialog = one("#dialog");
  let opener = null;
  const openDialog = () => {
    if (!dialog.open) dialog.showModal();
    (one(".is-invalid, [autofocus]", dialog) || one("h2[tabindex]", dialog))?.focus();
  };

  // The link that asked may lie in a menu that has closed since; the menu's button then takes the focus back.
  dialog?.addEventListener("close", () => document.getElementById(opener)?.focus());

  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    const text = "value" in source ? source.value : source.innerText;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // The clipboard is closed to pages without HTTPS: mark the text, so that one key press copies it.
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
      if (!document.execCommand("copy")) return;
    }
    const word = one("[data-word]", button);
    const before = word.textContent;
    button.style.minWidth = `${button.offsetWidth}px`;
    word.textContent = button.dataset.copied;
    said = "";
    say(button.dataset.copied);
    setTimeout(() => {
      if (word.textContent === button.dataset.copied) word.textContent = before;
    }, 2000);
  };

  const dark = () => root.dataset.bsTheme === "dark";
  const markTheme = () => {
    all("[data-theme-toggle]").forEach((button) => button.setAttribute("aria-pressed", dark()));
  };
  const toggleTheme = () => {
    root.dataset.bsTheme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.bsTheme);
    } catch {
      // Not stored: the choice lasts until the page is left.
    }
    markTheme();
  };

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    const asks = hit("[hx-target='#dialog']");
    if (asks) opener = asks.closest(".c-menu")?.querySelector("summary").id;
    all("details.c-menu[open]").forEach((menu) => {
      if (!menu.contains(event.target) || hit("[hx-get], [hx-post]")) menu.open = false;
    });
    if (hit("[data-copy]")) copy(hit("[data-copy]"));
    if (hit("[data-theme-toggle]")) toggleTheme();
    if (hit("[data-dismiss]")) hit("[data-dismissible]").replaceChildren();
    if (dialog?.open && (event.target === dialog || hit("[data-close]"))) {
      event.preventDefault();
      dialog.close();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = event.target.closest?.("details.c-menu[open]") || one("details.c-menu[open]");
      if (menu) {
        menu.open = false;
        one("summary", menu).focus();
      }
    }
    const typing = event.target.matches?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && one("[data-search]")) {
      event.preventDefault();
      one("[data-search]").focus();
      one("[data-search]").select();
    }
  });

  // Scripts with `defer` run when the document stands.
  markTheme();
  if (one(".is-invalid")) focusFirst(document);
  said = sentence() || "";
  setTimeout(() => say(message()), 100);
})();
