// Choosing genres: a search field with a list under it, and what has been chosen as chips.

const MOST = 4;
const HEAVIEST = 3;

/** The genre field. `known` are the names to choose from. */
export class Genres {
  constructor() {
    this.known = [];
    this.chosen = new Map(); // name -> weight
    this.active = -1;
    this.input = document.getElementById("genre");
    this.list = document.getElementById("genre-list");
    this.chips = document.getElementById("chips");
    this.input.addEventListener("input", () => this.open());
    this.input.addEventListener("click", () => this.open());
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener("keydown", (event) => this.key(event));
    // A press must not take the focus away before the choice is made.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  /** Names with weights, as the API takes them. */
  get value() {
    return Object.fromEntries(this.chosen);
  }

  /** Take another model's names; what it does not know is dropped. */
  know(names) {
    this.known = names;
    for (const name of this.chosen.keys()) if (!names.includes(name)) this.chosen.delete(name);
    this.show();
  }

  choose(name) {
    if (this.chosen.size < MOST) this.chosen.set(name, 1);
    this.input.value = "";
    this.close();
    this.show();
  }

  clear() {
    this.chosen.clear();
    this.show();
  }

  open() {
    const words = this.input.value.trim().toLowerCase();
    const left = this.known.filter((name) => name.includes(words) && !this.chosen.has(name));
    left.sort((a, b) => b.startsWith(words) - a.startsWith(words));
    this.list.replaceChildren(...left.map((name, i) => this.option(name, i)));
    if (!left.length) {
      const none = document.createElement("li");
      none.className = "none";
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.textContent = "This model knows no such genre";
      this.list.append(none);
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(words && left.length ? 0 : -1);
  }

  option(name, place) {
    const item = document.createElement("li");
    item.id = `genre-${place}`;
    item.setAttribute("role", "option");
    item.textContent = name;
    item.addEventListener("click", () => this.choose(name));
    return item;
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }

  mark(place) {
    const options = this.list.querySelectorAll("[role=option]:not([aria-disabled])");
    this.active = options.length ? Math.max(-1, Math.min(place, options.length - 1)) : -1;
    options.forEach((item, i) => item.setAttribute("aria-selected", String(i === this.active)));
    const current = options[this.active];
    if (current) {
      this.input.setAttribute("aria-activedescendant", current.id);
      current.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  key(event) {
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) this.open();
      this.mark(this.active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && open && this.active >= 0) {
      event.preventDefault();
      this.choose(this.list.querySelector(`#genre-${this.active}`).textContent);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Backspace" && !this.input.value && this.chosen.size) {
      this.chosen.delete([...this.chosen.keys()].at(-1));
      this.show();
    }
  }

  show() {
    const chips = [...this.chosen].map(([name, weight]) => this.chip(name, weight));
    this.chips.replaceChildren(...chips);
    this.input.disabled = this.chosen.size >= MOST;
    this.input.placeholder = this.input.disabled ? "Four are the most" : "Search genres";
  }

  chip(name, weight) {
    const item = document.createElement("li");
    const heavier = document.createElement("button");
    const away = document.createElement("button");
    heavier.type = away.type = "button";
    heavier.textContent = weight > 1 ? `${name} ×${weight}` : name;
    heavier.setAttribute("aria-label", `${name}, weight ${weight}; change the weight`);
    heavier.addEventListener("click", () => {
      this.chosen.set(name, (weight % HEAVIEST) + 1);
      this.show();
      this.chips.querySelector(`[aria-label^="${CSS.escape(name)},"]`)?.focus();
    });
    away.textContent = "×";
    away.setAttribute("aria-label", `Remove ${name}`);
    away.addEventListener("click", () => {
      this.chosen.delete(name);
      this.show();
      this.input.focus();
    });
    item.append(heavier, away);
    return item;
  }
}
