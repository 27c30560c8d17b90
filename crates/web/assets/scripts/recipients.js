// Addresses become chips that say, before sending, whether each is certified. The field keeps the form's value: without a
// script, or when the server is not reached, what was typed is sent as it is.
(() => {
  const SEPARATOR = /[,;\n]+/;

  class Recipients {
    constructor(place) {
      this.place = place;
      this.input = place.querySelector("input");
      this.chips = place.querySelector("[data-chips]");
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

    /** Asks the server what the typed addresses are. They stay in the field until it has answered. */
    async take() {
      const typed = this.input.value;
      const addresses = this.addresses(typed);
      if (addresses.length === 0 || this.asking) return;
      this.asking = true;
      try {
        const query = new URLSearchParams(addresses.map((address) => ["a", address]));
        const answer = await fetch(`${this.place.dataset.check}?${query}`, { headers: { Accept: "text/html" } });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const known = this.known();
        for (const chip of page.querySelectorAll("[data-address]")) {
          if (known.has(chip.dataset.address)) continue;
          for (const element of chip.querySelectorAll("[data-script]")) element.hidden = false;
          this.chips.append(document.importNode(chip, true));
        }
        // What was typed meanwhile stays.
        if (this.input.value.startsWith(typed)) this.input.value = this.input.value.slice(typed.length);
        this.keep();
      } catch {
        // Not reached: the field still holds what was typed, and the form sends it.
      } finally {
        this.asking = false;
      }
    }
  }

  for (const place of document.querySelectorAll("[data-recipients]")) new Recipients(place);
})();
