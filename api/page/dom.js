// What the page is made of. Text only ever becomes text: nothing that an instance says can become markup.

const SVG = "http://www.w3.org/2000/svg";

function made(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const tag = (name, attributes = {}, ...children) => made(document.createElement(name), attributes, children);
export const svg = (name, attributes = {}, ...children) =>
  made(document.createElementNS(SVG, name), attributes, children);

export function table(heads, rows) {
  return tag(
    "table",
    {},
    tag("thead", {}, tag("tr", {}, ...heads.map((head) => tag("th", { scope: "col" }, head)))),
    tag("tbody", {}, ...rows.map((cells) => tag("tr", {}, ...cells.map((cell) => tag("td", {}, cell ?? "–"))))),
  );
}

const GOOD = new Set(["idle", "succeeded"]);
const BAD = new Set(["inconsistent", "refused", "rejected", "expired", "failed", "rolled_back", "cancelled"]);

export function status(name) {
  const mood = GOOD.has(name) ? "good" : BAD.has(name) ? "bad" : "busy";
  return tag("span", { class: `status ${mood}` }, name.replaceAll("_", " "));
}

const WHEN = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });

export const moment = (text) => tag("time", { datetime: text, title: text }, WHEN.format(new Date(text)));
export const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;
