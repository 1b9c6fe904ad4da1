// The page: the wish on the left becomes the gallery on the right.

import { Refusal, get } from "./api.js";
import { draw, tile } from "./covers.js";
import { Genres } from "./genres.js";
import { Sheet } from "./sheet.js";

const $ = (id) => document.getElementById(id);
const genres = new Genres();
const sheet = new Sheet();
let covers = [];
let latest = null; // the wish that the gallery shows

/** What the form asks for. */
function words() {
  const year = $("any-year").checked || $("year-row").hidden ? null : Number($("year").value);
  return {
    model: $("model").value,
    genres: genres.value,
    year,
    artist: $("artist").value.trim(),
    album: $("album").value.trim(),
    truncation: Number($("variety").value) / 100,
    typeset: $("typeset").checked,
  };
}

/** Draw `n` covers from a seed on, instead of those that are there or behind them. */
async function make(wish, seed, n, behind) {
  const kept = behind ? covers : [];
  busy(true, kept.length, n);
  const began = performance.now();
  try {
    covers = [...kept, ...(await draw(wish, seed, n))];
    latest = { wish, n, next: seed + n };
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    $("status").textContent = `${n} ${n === 1 ? "cover" : "covers"} in ${seconds} s. Choose one.`;
  } catch (error) {
    $("status").textContent = "";
    tell(error);
  } finally {
    busy(false);
    gallery();
  }
}

function busy(on, kept = 0, n = 0) {
  for (const id of ["make", "more", "surprise"]) $(id).disabled = on;
  $("results").ariaBusy = String(on);
  if (!on) return;
  $("trouble").hidden = true;
  $("empty").hidden = true;
  $("status").textContent = "Drawing …";
  const waiting = Array.from({ length: n }, () => {
    const item = document.createElement("li");
    item.innerHTML = '<div class="wait"></div>';
    return item;
  });
  $("gallery").replaceChildren(...[...$("gallery").children].slice(0, kept), ...waiting);
}

function tell(error) {
  if (!(error instanceof Refusal)) throw error;
  $("trouble").textContent = error.message;
  $("trouble").hidden = false;
}

function gallery() {
  const all = covers;
  $("gallery").replaceChildren(...all.map((cover, i) =>
    tile(cover, `Cover ${i + 1}`, () => sheet.open(all, i))));
  $("empty").hidden = all.length > 0;
  $("more").hidden = !all.length;
}

/** Offer what a model knows. */
async function meet(model) {
  const known = await get(`v1/genres?model=${encodeURIComponent(model)}`);
  genres.know(known.genres);
  $("genre-row").hidden = !known.genres.length;
  $("year-row").hidden = known.last_year === null;
  if (known.last_year !== null) {
    const year = $("year");
    [year.min, year.max] = [known.first_year, known.last_year];
    year.value = Math.round((known.first_year + known.last_year) / 2);
    shown();
  }
}

function shown() {
  $("year-shown").textContent = $("any-year").checked ? "any" : $("year").value;
  $("year").disabled = $("any-year").checked;
  $("variety-shown").textContent = `${$("variety").value} %`;
}

function surprise() {
  const pick = (list) => list[Math.floor(Math.random() * list.length)];
  const year = $("year");
  genres.clear();
  if (genres.known.length) genres.choose(pick(genres.known));
  $("any-year").checked = false;
  year.value = Number(year.min) + Math.floor(Math.random() * (year.max - year.min + 1));
  shuffle();
  shown();
  $("wish").requestSubmit();
}

function shuffle() {
  $("seed").value = Math.floor(Math.random() * 1_000_000);
}

/** Dark and light: the system's, until somebody says otherwise. */
function theme() {
  const button = $("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => localStorage.getItem("theme");
  const apply = () => {
    const dark = chosen() ? chosen() === "dark" : system.matches;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    button.setAttribute("aria-pressed", String(dark));
  };
  button.addEventListener("click", () => {
    const dark = button.getAttribute("aria-pressed") === "true";
    localStorage.setItem("theme", dark ? "light" : "dark");
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}

async function start() {
  theme();
  const { models, titles } = await get("v1/models");
  sheet.titles = titles;
  $("model").replaceChildren(...models.map(({ name }) => new Option(name, name)));
  $("model-row").hidden = models.length < 2;
  $("model").addEventListener("change", () => meet($("model").value).catch(tell));
  await meet(models[0].name);
  busy(false); // until here there is nothing to make covers with
}

$("wish").addEventListener("submit", (event) => {
  event.preventDefault();
  const count = Number(document.querySelector("[name=count]:checked").value);
  const typed = Math.floor(Number($("seed").value)) || 0;
  const seed = Math.min(Math.max(typed, 0), Number.MAX_SAFE_INTEGER);
  $("seed").value = seed;
  if (matchMedia("(max-width: 820px)").matches) $("results").scrollIntoView();
  make(words(), seed, count, false);
});
$("more").addEventListener("click", () => make(latest.wish, latest.next, latest.n, true));
$("surprise").addEventListener("click", surprise);
$("shuffle").addEventListener("click", shuffle);
for (const id of ["year", "any-year", "variety"]) $(id).addEventListener("input", shown);
start().catch(tell);
