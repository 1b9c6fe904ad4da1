// One cover, large: its tracks, its neighbours, where it can walk to, and its files.

import { Refusal, post } from "./api.js";
import { command, download, enlarged, facts, near, source, spoken, tile, walk } from "./covers.js";

const $ = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Mark one button of a list as the chosen one. */
function press(button) {
  for (const other of button.closest("ul").querySelectorAll("button")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
}

/** The dialog that shows one of the gallery's covers, or a variation of it. */
export class Sheet {
  constructor() {
    this.dialog = $("sheet");
    this.covers = [];
    this.place = 0;
    this.cover = null;
    this.titles = true; // whether the server writes them
    this.frames = [];
    $("close").addEventListener("click", () => this.dialog.close());
    $("previous").addEventListener("click", () => this.turn(-1));
    $("next").addEventListener("click", () => this.turn(1));
    $("retitle").addEventListener("click", () => this.tracks(Math.floor(Math.random() * 2 ** 31)));
    $("vary").addEventListener("click", () => this.vary());
    $("copy").addEventListener("click", () => this.copy());
    $("play").addEventListener("click", () => (this.timer ? this.pause() : this.play()));
    $("way").addEventListener("input", () => {
      this.pause();
      this.frame();
    });
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.dialog.addEventListener("close", () => this.pause());
    for (const button of this.dialog.querySelectorAll("[data-size]")) {
      button.addEventListener("click", () => this.save(button));
    }
  }

  /** Show the cover at a place of the gallery. */
  open(covers, place) {
    this.covers = covers;
    this.place = place;
    this.show(covers[place]);
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
  }

  turn(by) {
    this.open(this.covers, (this.place + by + this.covers.length) % this.covers.length);
  }

  key(event) {
    if (event.target.matches("input") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") this.turn(-1);
    if (event.key === "ArrowRight") this.turn(1);
  }

  show(cover) {
    this.pause();
    this.cover = cover;
    const where = `Cover ${this.place + 1} of ${this.covers.length}`;
    const { variation } = cover;
    $("place").textContent = variation ? `${where}, variation ${variation.place + 1}` : where;
    $("sheet-title").textContent = cover.words.album || "Untitled";
    $("sheet-by").textContent = cover.words.artist || "Nobody yet";
    $("sheet-facts").textContent = `${facts(cover)} · seed ${cover.seed}`;
    $("large").src = source(cover.made);
    $("large").alt = spoken(cover, where);
    $("command").textContent = command(cover);
    $("walk").hidden = true;
    $("sheet-trouble").hidden = true;
    if (!variation) $("near").replaceChildren();
    this.aims();
    this.attempt(async () => {
      const made = await enlarged(cover);
      if (this.cover === cover) $("large").src = source(made);
    });
    $("tracks-part").hidden = !this.titles;
    if (this.titles) this.tracks(cover.seed);
  }

  tracks(seed) {
    const cover = this.cover;
    const { genres, year, artist, album } = cover.words;
    return this.attempt(async () => {
      const wanted = { genres: Object.keys(genres), year, artist, album, seed };
      const { titles } = await post("v1/titles", wanted);
      if (this.cover !== cover) return;
      $("tracks").replaceChildren(...titles.map((title) => {
        const item = document.createElement("li");
        item.textContent = title;
        return item;
      }));
    });
  }

  vary() {
    const cover = this.cover;
    return this.attempt(async () => {
      const found = await near(cover, Number($("strength").value) / 100, 8);
      if (this.cover !== cover) return;
      $("near").replaceChildren(...found.map((one, i) =>
        tile(one, `Variation ${i + 1}`, (button) => {
          press(button);
          this.show(one);
        })));
    }, $("vary"));
  }

  aims() {
    const others = this.covers.filter((_, i) => i !== this.place).slice(0, 8);
    // Walks lead from seed to seed, and a variation has none of its own.
    $("walk-part").hidden = !others.length || this.cover.variation !== null;
    $("targets").replaceChildren(...others.map((one) =>
      tile(one, `Walk to cover ${this.covers.indexOf(one) + 1}`, (button) => {
        press(button);
        this.lead(one);
      })));
  }

  lead(to) {
    const from = this.cover;
    return this.attempt(async () => {
      const frames = await walk(from, to);
      if (this.cover !== from) return;
      this.frames = frames;
      $("way").max = frames.length - 1;
      $("way").value = 0;
      $("walk").hidden = false;
      $("frame").alt = `On the way to cover ${this.covers.indexOf(to) + 1}`;
      this.frame();
      if (!calm.matches) this.play();
    });
  }

  frame() {
    $("frame").src = this.frames[Number($("way").value)];
  }

  play() {
    $("play").textContent = "Pause";
    this.timer = setInterval(() => {
      $("way").value = (Number($("way").value) + 1) % this.frames.length;
      this.frame();
    }, 90);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    $("play").textContent = "Play";
  }

  save(button) {
    const format = this.dialog.querySelector("[name=format]:checked").value;
    return this.attempt(() => download(this.cover, Number(button.dataset.size), format), button);
  }

  async copy() {
    await navigator.clipboard.writeText($("command").textContent).catch(() => {
      getSelection().selectAllChildren($("command")); // no leave to write: ready for Ctrl+C
    });
    $("copy").textContent = "Copied";
    setTimeout(() => ($("copy").textContent = "Copy"), 1500);
  }

  /** Do something that the server may refuse; `button` rests meanwhile. */
  async attempt(work, button) {
    if (button) button.disabled = true;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      $("sheet-trouble").textContent = error.message;
      $("sheet-trouble").hidden = false;
    } finally {
      if (button) button.disabled = false;
    }
  }
}
