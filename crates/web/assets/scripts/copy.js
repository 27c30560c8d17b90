// Copies a value: `data-copy`; says `data-copied` on the button, which screen readers hear, and takes it back.
(() => {
  const SAID_MS = 2500;
  const said = new WeakMap();
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const words = [...button.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!words) return;
    const before = said.get(button)?.before ?? words.data;
    clearTimeout(said.get(button)?.timer);
    button.setAttribute("aria-live", "polite");
    words.data = button.dataset.copied;
    const timer = setTimeout(() => {
      words.data = before;
      said.delete(button);
    }, SAID_MS);
    said.set(button, { before, timer });
  });
  // Without a safe connection there is no clipboard.
  if (!navigator.clipboard) {
    for (const button of document.querySelectorAll("[data-copy]")) {
      button.hidden = true;
      button.removeAttribute("data-script");
    }
  }
})();
