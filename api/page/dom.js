// What the page is made of. Text only ever becomes text: nothing that an instance says can become markup.

const SVG = "http://www.w3.org/2000/svg";

function made(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element[name] = value;
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const tag = (name, attributes = {}, ...children) => made(document.createElement(name), attributes, children);
export const svg = (name, attributes = {}, ...children) =>
  made(document.createElementNS(SVG, name), attributes, children);

// Columns are headings, or a heading with a class; on a narrow screen each cell says its heading itself.
export function table(heads, rows) {
  const cells = (row) => row.map((cell, at) => tag("td", { "data-head": heads[at] }, cell ?? "–"));
  return tag(
    "table",
    {},
    tag("thead", {}, tag("tr", {}, heads.map((head) => tag("th", { scope: "col" }, head)))),
    tag("tbody", {}, rows.map((row) => (row instanceof Node ? row : tag("tr", {}, cells(row))))),
  );
}

export const link = (href, ...children) => tag("a", { href }, ...children);
export const faint = (...children) => tag("p", { class: "faint" }, ...children);
/** What went wrong and what to do, as sentences of their own. */
export const advised = ({ detail, todo }) => `${detail}${/[.!?]$/.test(detail) || !todo ? "" : "."} ${todo}`.trim();
export const problem = (...children) => tag("p", { class: "problem" }, ...children);
export const code = (...children) => tag("code", {}, ...children);

const GOOD = new Set(["idle", "succeeded", "delivered", "done", "well", "enabled"]);
const BAD = new Set([
  "inconsistent", "refused", "rejected", "expired", "failed", "rolled_back", "cancelled", "unwell", "unadopted", "drift", "unobserved", "disabled",
]);

export function status(name) {
  const mood = GOOD.has(name) ? "good" : BAD.has(name) ? "bad" : "busy";
  return tag("span", { class: `status ${mood}` }, name.replaceAll("_", " "));
}

export const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

export function size(bytes) {
  const at = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${(bytes / 1000 ** at).toFixed(at ? 1 : 0)} ${UNITS[at]}`;
}
