// A draft saves itself two seconds after the last change, and on leaving the page. The server says what to show; a draft that
// another tab has changed since (409) is not written over: this page stops saving and says so.
(() => {
  const form = document.querySelector("[data-autosave]");
  if (!form) return;
  const QUIET_MS = 2000;
  const AGAIN_MS = 15000;
  const said = form.querySelector("[data-saved]");
  let timer;
  let changed = false;
  let saving = false;
  let stopped = false;

  function body() {
    const data = new FormData(form);
    // Files go their own way.
    data.delete("file");
    return new URLSearchParams(data);
  }

  function later(ms) {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(save, ms);
  }

  async function save() {
    if (!changed || saving || stopped) return;
    changed = false;
    saving = true;
    let wait = QUIET_MS;
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: body(), headers: { Accept: "text/plain" } });
      const text = await answer.text();
      if (answer.ok || answer.status === 401 || answer.status === 409) said.textContent = text;
      const version = answer.headers.get("Draft-Version");
      if (version && form.elements.version) form.elements.version.value = version;
      if (answer.status === 409) stopped = true;
      else if (!answer.ok) throw new Error(`draft: ${answer.status}`);
    } catch {
      changed = true;
      wait = AGAIN_MS;
    } finally {
      saving = false;
    }
    if (changed) later(wait);
  }

  form.addEventListener("input", () => {
    changed = true;
    later(QUIET_MS);
  });
  // Heard last, at the window: another script may have kept the form from going.
  addEventListener("submit", (event) => {
    if (event.target !== form || event.defaultPrevented) return;
    stopped = true;
    clearTimeout(timer);
  });
  // A page that is left may be gone for good; this is sent even when it is.
  addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && changed && !stopped) {
      changed = !navigator.sendBeacon(form.dataset.autosave, body());
    }
  });
})();
