// Files: dropped or chosen, sent one by one with progress, and their sum against the limit. Where a form has no `data-upload`
// (the verifier), a dropped file is chosen and the form sent.
(() => {
  const ENCODED = 1.37; // base64 with its line ends

  function size(bytes) {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
    let [value, unit] = [bytes, 0];
    for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
    const digits = unit > 1 && value < 10 ? 1 : 0;
    const style = { style: "unit", unit: units[unit], unitDisplay: "short", maximumFractionDigits: digits };
    return new Intl.NumberFormat(document.documentElement.lang, style).format(value);
  }

  /** Whatever is dropped on `place` goes to `take`. */
  function droppable(place, take) {
    place.classList.add("drop-live");
    let inside = 0;
    const look = () => place.classList.toggle("drop-over", inside > 0);
    place.addEventListener("dragenter", (event) => {
      event.preventDefault();
      inside += 1;
      look();
    });
    place.addEventListener("dragleave", () => {
      inside -= 1;
      look();
    });
    place.addEventListener("dragover", (event) => event.preventDefault());
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      inside = 0;
      look();
      if (event.dataTransfer.files.length > 0) take(event.dataTransfer.files);
    });
  }

  // === The verifier: one file, and the form goes

  for (const form of document.querySelectorAll("[data-drop-submit]")) {
    const field = form.querySelector("input[type=file]");
    droppable(form, (files) => {
      field.files = files;
      form.requestSubmit();
    });
    field.addEventListener("change", () => {
      if (field.files.length > 0) form.requestSubmit();
    });
  }

  // === Compose

  const place = document.querySelector("[data-upload]");
  if (!place) return;
  const form = place.closest("form");
  const list = place.querySelector("[data-files]");
  const field = place.querySelector("input[type=file]");
  const limit = Number(place.dataset.limit);
  const most = Number(place.dataset.each) || limit;
  const words = place.dataset;

  function element(name, className, text = "") {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  /** Octets of the files that are there. */
  function attached() {
    return [...list.querySelectorAll("[data-size]")].reduce((sum, card) => sum + Number(card.dataset.size), 0);
  }

  function measure() {
    const files = attached();
    const text = new Blob([form.elements.body?.value ?? ""]).size;
    const each = Math.ceil((files + text) * ENCODED);
    const recipients = Math.max(form.querySelectorAll("[data-recipients] [data-address]").length, 1);
    const sum = each * recipients;
    const meter = place.querySelector("[data-size-meter]");
    const said = place.querySelector("[data-size-words]");
    if (meter) meter.value = sum;
    if (said) {
      const values = { sum: size(sum), each: size(each), recipients };
      said.textContent = said.dataset.sizeWords.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    }
    meter?.parentElement.classList.toggle("size-over", sum > limit);
  }

  function fail(card, sentence, retry) {
    card.classList.remove("uploading");
    card.classList.add("attachment-failed");
    card.querySelector("progress")?.remove();
    card.querySelector(".attachment-about").textContent = sentence;
    const actions = element("span", "attachment-actions");
    const act = (text, what) => {
      const button = element("button", "btn btn-quiet btn-small", text);
      button.type = "button";
      button.addEventListener("click", () => {
        card.remove();
        what?.();
      });
      actions.append(button);
    };
    if (retry) act(words.retry, retry);
    act(words.remove);
    card.append(actions);
  }

  function send(file) {
    const card = element("li", "card attachment uploading");
    const about = element("span", "attachment-about", size(file.size));
    about.setAttribute("role", "status");
    card.append(element("span", "attachment-name", file.name), about);
    list.append(card);
    if ((attached() + file.size) * ENCODED > most) {
      fail(card, words.tooLarge);
      return Promise.resolve();
    }
    const progress = element("progress", "progress");
    progress.max = file.size || 1;
    progress.value = 0;
    progress.setAttribute("aria-label", file.name);
    card.append(progress);

    const data = new FormData();
    for (const hidden of form.querySelectorAll("input[type=hidden]")) data.append(hidden.name, hidden.value);
    data.append("file", file);
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open("POST", words.upload);
      // What goes wrong is told in one sentence, not as a page.
      request.setRequestHeader("Accept", "text/plain");
      request.upload.addEventListener("progress", (event) => {
        progress.value = Math.min(event.loaded, file.size);
      });
      request.addEventListener("loadend", () => {
        if (request.status >= 200 && request.status < 300) {
          const page = new DOMParser().parseFromString(request.responseText, "text/html");
          const cards = [...page.querySelectorAll(".attachment")].map((one) => document.importNode(one, true));
          card.replaceWith(...cards);
          const version = request.getResponseHeader("Draft-Version");
          if (version && form.elements.version) form.elements.version.value = version;
        } else if (request.status >= 400 && request.status < 500) {
          fail(card, request.responseText || words.failed);
        } else {
          fail(card, words.failed, () => take([file]));
        }
        measure();
        done();
      });
      request.send(data);
    });
  }

  // One after the other: two at once are no faster, and the first is there sooner.
  let queue = Promise.resolve();
  function take(files) {
    for (const file of files) queue = queue.then(() => send(file));
  }

  droppable(place, take);
  field.addEventListener("change", () => {
    take([...field.files]);
    // They are sent already: the form does not send them again.
    field.value = "";
  });
  form.addEventListener("input", measure);
  form.addEventListener("submit", (event) => {
    // Who leaves would break it off.
    if (list.querySelector(".uploading") && event.submitter?.value !== "discard") {
      event.preventDefault();
      document.dispatchEvent(new CustomEvent("notice", { detail: { text: words.uploading, trouble: true } }));
    }
  });
  measure();
})();
