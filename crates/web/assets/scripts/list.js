// Choosing messages: all, a range with Shift, and by keys (j k x Enter ?), which a person can switch off.
(() => {
  const list = document.querySelector("[data-list]");
  if (!list) return;
  const all = list.querySelector("[data-select-all]");
  const count = list.querySelector("[data-selection-count]");
  const boxes = () => [...list.querySelectorAll("[data-row] input[type=checkbox]")];

  // === Choosing

  let last;

  function tell() {
    const every = boxes();
    const chosen = every.filter((box) => box.checked).length;
    if (all) {
      all.checked = chosen > 0 && chosen === every.length;
      all.indeterminate = chosen > 0 && chosen < every.length;
    }
    if (count) {
      count.hidden = chosen === 0;
      count.textContent = chosen === 1 ? count.dataset.one : count.dataset.many.replace("{}", chosen);
    }
  }

  /** Gives every box between the one chosen before and this one the state of this one. */
  function range(box) {
    const every = boxes();
    const [from, to] = [every.indexOf(last), every.indexOf(box)].sort((a, b) => a - b);
    if (from < 0) return;
    for (const between of every.slice(from, to + 1)) between.checked = box.checked;
  }

  list.addEventListener("click", (event) => {
    // A click on the label comes again as one on its box; where that one has lost the Shift key, the first one counts.
    const box = event.target.closest("[data-row] label")?.control;
    if (!box) return;
    if (event.target !== box) {
      if (event.shiftKey) {
        event.preventDefault();
        box.checked = !box.checked;
        range(box);
        last = box;
        tell();
      }
      return;
    }
    if (event.shiftKey) range(box);
    last = box;
    tell();
  });
  all?.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    tell();
  });
  // Rows come and go by themselves, and the browser remembers boxes across "back".
  document.addEventListener("htmx:after:swap", tell);
  addEventListener("pageshow", tell);
  tell();

  // === Keys

  const OFF = "keys-off";
  const asked = document.querySelector("[data-keys]");
  const kept = {
    get off() {
      try {
        return localStorage.getItem(OFF) === "1";
      } catch {
        return false;
      }
    },
    set off(off) {
      try {
        if (off) localStorage.setItem(OFF, "1");
        else localStorage.removeItem(OFF);
      } catch {
        // A browser that keeps nothing asks again next time.
      }
    },
  };
  if (asked) {
    asked.checked = !kept.off;
    asked.addEventListener("change", () => {
      kept.off = !asked.checked;
    });
  }

  const links = () => [...list.querySelectorAll("[data-row] .row-link")];
  const current = () => document.activeElement?.closest("[data-row]");

  function step(by) {
    const every = links();
    const at = every.findIndex((link) => link.closest("[data-row]") === current());
    const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), every.length - 1);
    every[next]?.focus();
    every[next]?.scrollIntoView({ block: "nearest" });
  }

  const acts = {
    j: () => step(1),
    k: () => step(-1),
    x: (event) => {
      const box = current()?.querySelector("input[type=checkbox]");
      if (!box) return;
      box.checked = !box.checked;
      if (event.shiftKey) range(box);
      last = box;
      tell();
    },
    Enter: (event) => {
      // On a link, a button or a folded part it does what it always does.
      if (event.target.matches("a, button, summary")) return;
      // On a box it would send the form.
      event.preventDefault();
      current()?.querySelector(".row-link")?.click();
    },
    "?": () => document.getElementById("keys")?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (kept.off || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]");
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (typing || !act) return;
    if (event.key !== "Enter") event.preventDefault();
    act(event);
  });
})();
