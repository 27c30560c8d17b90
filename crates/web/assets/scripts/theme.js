// Light, dark or as the system: changes at once, and the server keeps it (the same form without a script).
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-theme]");
  if (!form) return;
  event.preventDefault();
  const chosen = event.submitter?.value ?? "auto";
  if (chosen === "auto") document.documentElement.removeAttribute("data-bs-theme");
  else document.documentElement.dataset.bsTheme = chosen;
  for (const button of form.querySelectorAll("[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === chosen));
  }
  const fields = new URLSearchParams(new FormData(form));
  fields.set("theme", chosen);
  try {
    await fetch(form.action, { method: "POST", body: fields, redirect: "manual" });
  } catch {
    // It holds for this page; the next one asks again.
  }
});
