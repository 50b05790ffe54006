// Moments, as a person says them; the exact one is there for whoever points at it, and for programs.

import { tag } from "./dom.js";

const STEPS = [[60, "second"], [60, "minute"], [24, "hour"], [30, "day"], [12, "month"], [Infinity, "year"]];
const AGAIN_MS = 5000;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });

export function ago(text, now = Date.now()) {
  let value = (new Date(text).getTime() - now) / 1000;
  if (Math.abs(value) < 10) return "now";
  for (const [many, unit] of STEPS) {
    if (Math.abs(value) < many) return relative.format(Math.round(value), unit);
    value /= many;
  }
  return text;
}

export const moment = (text) => tag("time", { datetime: text, title: exact.format(new Date(text)), "data-ago": "" }, ago(text));
export const clock = (text) => tag("time", { datetime: text, title: text }, exact.format(new Date(text)));

// What was said to be a minute ago is, a minute later, two minutes ago.
export function keepTime() {
  setInterval(() => {
    for (const each of document.querySelectorAll("time[data-ago]")) {
      const said = ago(each.dateTime);
      if (each.textContent !== said) each.textContent = said;
    }
  }, AGAIN_MS);
}
