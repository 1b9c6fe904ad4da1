// A cover on the page: what was asked for, which seed or variation it is, and what came back.

import { picture, post } from "./api.js";

const SHOWN = 420; // pixels of a cover in the gallery
const LARGE = 1000;
const SMALL = 300; // the least that type can be set on

/** The same cover's request, with a look of its own. */
function request(cover, look) {
  const { words, seed, variation } = cover;
  const body = { ...words, ...look, seed };
  return variation
    ? ["v1/variations", { ...body, strength: variation.strength, only: variation.place }]
    : ["v1/covers", { ...body, n: 1 }];
}

/** Covers of words (a condition, truncation, model, typeset), from a seed on. */
export async function draw(words, seed, n) {
  const answer = await post("v1/covers", { ...words, seed, n, size: SHOWN, format: "jpeg" });
  return answer.covers.map((made) => ({ words, seed: made.seed, variation: null, made }));
}

/** Covers near another one; of a variation, near the one it came from. */
export async function near(cover, strength, n) {
  const body = { ...cover.words, seed: cover.seed, strength, n, size: SMALL, format: "jpeg" };
  const answer = await post("v1/variations", body);
  return answer.covers.map((made, place) => ({ ...cover, made, variation: { place, strength } }));
}

/** The cover drawn large, with the command that makes it in full size. */
export async function enlarged(cover) {
  const [path, body] = request(cover, { size: LARGE });
  return (await post(path, { ...body, format: "jpeg" })).covers[0];
}

/** The line that makes the cover again in the size that shops ask for. */
export const command = ({ made }) => made.command.replace(/ --size \d+$/, " --size 3000");

/** Save the cover as a file of `size` pixels. */
export async function download(cover, size, format) {
  const file = await picture(...request(cover, { size, format }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${cover.made.name}-${size}.${format === "jpeg" ? "jpg" : "png"}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The pictures on the way from one cover to another, as addresses. */
export async function walk(from, to) {
  const { model, truncation } = from.words;
  const body = { model, truncation, stops: [stop(from), stop(to)], frames: 24, size: 320 };
  const answer = await post("v1/walk", body);
  return answer.frames.map((frame) => `data:${answer.media_type};base64,${frame}`);
}

function stop({ words, seed }) {
  const { genres, year, artist, album } = words;
  return { genres, year, artist, album, seed };
}

/** An address of a picture that came as base64. */
export const source = (made) => `data:${made.media_type};base64,${made.image}`;

/** Genres and year as people write them: `jazz ×2, ambient · 1959`. */
export function facts({ words }) {
  const genres = Object.entries(words.genres).map(([name, w]) => (w > 1 ? `${name} ×${w}` : name));
  return [genres.join(", ") || "any genre", words.year ?? "any year"].join(" · ");
}

/** What a screen reader says of a cover. */
export function spoken(cover, where) {
  const near = cover.variation ? `, variation ${cover.variation.place + 1}` : "";
  return `${where}: ${facts(cover)}, seed ${cover.seed}${near}`;
}

/** A list item with the cover in a button. */
export function tile(cover, where, choose) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const image = document.createElement("img");
  button.type = "button";
  image.src = source(cover.made);
  image.alt = spoken(cover, where);
  button.append(image);
  button.addEventListener("click", () => choose(button));
  item.append(button);
  return item;
}
