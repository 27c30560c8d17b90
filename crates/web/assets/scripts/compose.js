// Before sending: asks about an attachment that the text promises and that is not there, and sends once.
(() => {
  const form = document.querySelector("[data-compose]");
  if (!form) return;
  const promises = form.dataset.attachedWords.split(" ").filter(Boolean);
  const warning = document.getElementById(form.dataset.forgotten);
  let warned = false;
  let sent = false;

  function forgotten() {
    // What is quoted was promised by somebody else.
    const own = (form.elements.body.value + "\n" + form.elements.subject.value)
      .split("\n")
      .filter((line) => !line.startsWith(">"))
      .join("\n")
      .toLowerCase();
    return promises.some((word) => own.includes(word)) && !form.querySelector(".attachment[data-size]");
  }

  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const sends = ["send", "schedule"].includes(event.submitter?.value);
    if (sends && !warned && warning && forgotten()) {
      event.preventDefault();
      warned = true;
      // The server asks too, and once is enough.
      if (form.elements.asked) form.elements.asked.value = "1";
      warning.hidden = false;
      warning.tabIndex = -1;
      warning.focus();
      return;
    }
    if (sent) event.preventDefault();
    sent = true;
  });
  form.addEventListener("stays", () => {
    sent = false;
  });
  // "Back" shows the page as it was left.
  addEventListener("pageshow", () => {
    sent = false;
  });
})();
