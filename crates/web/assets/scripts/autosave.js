// A draft saves itself two seconds after the last change, on leaving the page, and before the form is sent: a login that is over
// or a server that is not reached takes nothing away. The server says what to show; a draft that another tab has changed since
// (409) is not written over: this page stops saving and says so.
(() => {
  const form = document.querySelector("[data-autosave]");
  if (!form) return;
  const QUIET_MS = 2000;
  const AGAIN_MS = 15000;
  const said = form.querySelector("[data-saved]");
  const over = document.getElementById(form.dataset.over);
  let timer;
  let changed = false;
  let saving;
  // Saving has no more sense here, or the form is on its way.
  let stopped = false;
  let failed = false;
  let going = false;

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

  /** Saves what is there now; the status of the answer, 0 where there was none. */
  async function ask() {
    changed = false;
    let status = 0;
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: body(), headers: { Accept: "text/plain" } });
      status = answer.status;
      const text = await answer.text();
      if (answer.ok || status === 409 || (status === 401 && !over)) said.textContent = text;
      const version = answer.headers.get("Draft-Version");
      if (version && form.elements.version) form.elements.version.value = version;
      if (status === 409) stopped = true;
    } catch {
      // Not reached: asked again later.
    }
    failed = status < 200 || status > 299;
    if (failed) changed = true;
    if (over) over.hidden = status !== 401;
    return status;
  }

  async function save() {
    if (!changed || saving || stopped) return;
    saving = ask();
    await saving;
    saving = undefined;
    if (changed) later(failed ? AGAIN_MS : QUIET_MS);
  }

  form.addEventListener("input", () => {
    changed = true;
    later(QUIET_MS);
  });

  // Heard last, at the window: another script may have kept the form from going.
  addEventListener("submit", async (event) => {
    if (event.target !== form || event.defaultPrevented) return;
    clearTimeout(timer);
    const act = event.submitter;
    // What is thrown away is not saved first; what another window has changed is kept by the server beside it.
    if (act?.value === "discard" || stopped) {
      going = true;
      return;
    }
    event.preventDefault();
    await saving;
    const status = await ask();
    if (status === 0 || status === 401 || status >= 500) {
      form.dispatchEvent(new Event("stays"));
      if (status === 401) over?.scrollIntoView({ block: "center" });
      else document.dispatchEvent(new CustomEvent("notice", { detail: { text: form.dataset.notReached, trouble: true } }));
      later(AGAIN_MS);
      return;
    }
    [stopped, going] = [true, true];
    // The form is sent with the button that was pressed, and is not asked again by the scripts that have let it go.
    const pressed = document.createElement("input");
    pressed.type = "hidden";
    pressed.name = act?.name || "do";
    pressed.value = act?.value ?? "save";
    pressed.dataset.pressed = "";
    form.prepend(pressed);
    form.submit();
  });
  // "Back" shows the page as it was left, without the button.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    form.querySelector("[data-pressed]")?.remove();
    [stopped, going] = [false, false];
  });

  // A page that is left may be gone for good; this is sent even when it is. Whether it was saved is not heard: it is saved again.
  addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      if (changed && !stopped) navigator.sendBeacon(form.dataset.autosave, body());
    } else if (changed) {
      later(QUIET_MS);
    }
  });
  addEventListener("beforeunload", (event) => {
    // What could not be saved is not left without a word.
    if (changed && failed && !going) event.preventDefault();
  });
})();
