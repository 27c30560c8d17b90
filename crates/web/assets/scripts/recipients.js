// Addresses become chips that say, before sending, whether each is certified. The field keeps the form's value: without a
// script, or when the server is not reached, what was typed is sent as it is.
(() => {
  const SEPARATOR = /[,;\n]+/;
  /** One address with what separates it from the next. */
  const ONE = /[^,;\n]+[,;\n]*/g;
  /** Addresses of one question: they stand in its own address. */
  const PIECE = 50;

  class Recipients {
    constructor(place) {
      this.place = place;
      this.input = place.querySelector("input");
      this.chips = place.querySelector("[data-chips]");
      this.most = Number(place.dataset.most) || Infinity;
      // The chips that the server wrote stand for addresses: they are sent by this field, the other is for typing.
      this.sent = document.createElement("input");
      this.sent.type = "hidden";
      this.sent.name = this.input.name;
      this.input.removeAttribute("name");
      place.append(this.sent);
      this.input.value = this.addresses(this.input.value).filter((address) => !this.known().has(address)).join(", ");
      this.keep();
      place.addEventListener("click", (event) => this.click(event));
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("input", (event) => {
        // Chosen from the list of known addresses, or pasted with its separator.
        if (SEPARATOR.test(this.input.value) || event.inputType === "insertReplacementText") this.take();
        this.keep();
      });
      this.input.addEventListener("change", () => this.take());
      this.input.addEventListener("paste", (event) => this.paste(event));
      this.input.form.addEventListener("submit", () => this.keep());
      this.take();
    }

    addresses(typed) {
      return typed.split(SEPARATOR).map((address) => address.trim()).filter(Boolean);
    }

    /** The addresses that have a chip. */
    known() {
      return new Set([...this.chips.querySelectorAll("[data-address]")].map((chip) => chip.dataset.address));
    }

    /** Writes what the form sends: every chip, and what is still being typed. */
    keep() {
      const typed = this.input.value.trim();
      const value = [...this.known(), ...(typed ? [typed] : [])].join(", ");
      if (value === this.sent.value) return;
      this.sent.value = value;
      this.sent.dispatchEvent(new Event("input", { bubbles: true }));
    }

    click(event) {
      const chip = event.target.closest(".chip-remove")?.closest("[data-address]");
      if (chip) {
        chip.remove();
        this.keep();
        this.input.focus();
      } else if (event.target === this.place) {
        this.input.focus();
      }
    }

    key(event) {
      if (event.key === "Enter") {
        // It ends an address, and never sends the form.
        event.preventDefault();
        this.take();
      } else if (event.key === "Backspace" && this.input.value === "") {
        const last = this.chips.querySelector("[data-address]:last-child");
        // What was taken can be written again: it goes back to the field.
        if (last) {
          event.preventDefault();
          this.input.value = last.dataset.address;
          last.remove();
          this.keep();
        }
      }
    }

    /** A column of addresses, as a spreadsheet copies it, is a list of them; a field of one line would run them together. */
    paste(event) {
      const text = event.clipboardData?.getData("text") ?? "";
      if (!/[\r\n]/.test(text.trim())) return;
      event.preventDefault();
      const list = text.split(/[\r\n\t]+/).map((line) => line.trim()).filter(Boolean).join(", ");
      this.input.setRangeText(list, this.input.selectionStart, this.input.selectionEnd, "end");
      this.input.dispatchEvent(new Event("input", { bubbles: true }));
    }

    /** The beginning of what is typed that one question asks about. */
    piece(typed) {
      let [end, addresses] = [0, 0];
      for (const one of typed.matchAll(ONE)) {
        end = one.index + one[0].length;
        if (one[0].replace(SEPARATOR, "").trim()) addresses += 1;
        if (addresses === PIECE) break;
      }
      return typed.slice(0, end);
    }

    /** Whether there is room for what is typed; says so once where there is none. */
    fits() {
      const fits = this.known().size + this.addresses(this.input.value).length <= this.most;
      if (!fits && !this.told) {
        const detail = { text: this.place.dataset.tooMany, trouble: true };
        document.dispatchEvent(new CustomEvent("notice", { detail }));
      }
      this.told = !fits;
      return fits;
    }

    /** Asks the server what the typed addresses are, piece by piece. They stay in the field until it has answered. */
    async take() {
      if (this.asking) return;
      this.asking = true;
      let typed = this.input.value;
      while (this.addresses(typed).length > 0 && this.fits()) {
        const piece = this.piece(typed);
        if (!(await this.ask(piece))) break;
        const rest = typed.slice(piece.length).trimStart();
        const now = this.input.value;
        // What is being typed meanwhile is asked about when its separator comes.
        typed = now === rest || SEPARATOR.test(now) ? now : "";
      }
      this.asking = false;
      this.keep();
    }

    /** Makes chips of a piece of what is typed; whether it could. */
    async ask(piece) {
      try {
        const query = new URLSearchParams(this.addresses(piece).map((address) => ["a", address]));
        const answer = await fetch(`${this.place.dataset.check}?${query}`, { headers: { Accept: "text/html" } });
        if (!answer.ok) return false;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        // What was typed meanwhile stays; where the piece itself was changed, it is asked about as it is now.
        if (!this.input.value.startsWith(piece)) return true;
        const known = this.known();
        for (const chip of page.querySelectorAll("[data-address]")) {
          if (known.has(chip.dataset.address)) continue;
          for (const element of chip.querySelectorAll("[data-script]")) element.hidden = false;
          this.chips.append(document.importNode(chip, true));
        }
        this.input.value = this.input.value.slice(piece.length).trimStart();
        this.keep();
        return true;
      } catch {
        // Not reached: the field still holds what was typed, and the form sends it.
        return false;
      }
    }
  }

  for (const place of document.querySelectorAll("[data-recipients]")) new Recipients(place);
})();
