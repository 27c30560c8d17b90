// What every page has: menus that close, dialogs that open, what only a script can do shown, printing, notices.
(() => {
  /** Shows what needs a script and takes away what stands in for it; called again for HTML that comes later. */
  function prepare(part) {
    for (const element of part.querySelectorAll("[data-script]")) element.hidden = false;
    for (const element of part.querySelectorAll("[data-without-script]")) element.hidden = true;
  }
  prepare(document);
  document.addEventListener("htmx:after:swap", () => prepare(document));

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  }
  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details.menu"));
    const opens = event.target.closest("[data-opens]");
    if (opens) {
      event.preventDefault();
      document.getElementById(opens.dataset.opens)?.showModal();
    }
    if (event.target.closest("[data-print]")) print();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest("details.menu[open]");
    closeMenus();
    menu?.querySelector("summary").focus();
    // The drawer of folders is open while the address says so.
    if (location.hash === "#folders") location.hash = "#main";
  });

  // Paper shows what is folded on the screen.
  const unfolded = [];
  addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("main details:not([open], .menu)")) {
      fold.open = true;
      unfolded.push(fold);
    }
  });
  addEventListener("afterprint", () => {
    for (const fold of unfolded.splice(0)) fold.open = false;
  });

  // A notice is read aloud and goes after a while; one that tells of trouble stays until the page is left.
  const SHOWN_MS = 8000;
  document.addEventListener("notice", (event) => {
    const { text, trouble = false } = event.detail;
    const notice = document.createElement("div");
    notice.className = `notice ${trouble ? "notice-bad" : "notice-good"}`;
    const words = document.createElement("p");
    words.textContent = text;
    notice.append(words);
    const notices = document.getElementById("notices");
    for (const old of notices?.querySelectorAll(".notice-bad") ?? []) {
      if (old.textContent === text) old.remove();
    }
    notices?.append(notice);
    if (!trouble) setTimeout(() => notice.remove(), SHOWN_MS);
  });
})();
