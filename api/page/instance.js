// One instance: where it stands, now or at any earlier moment, its way back, its downtimes, and what is ahead.

import { actionButton, reasoned } from "./action.js";
import { all, get, Refused } from "./client.js";
import { advised, code, counted, faint, link, problem, seconds, size, status, table, tag } from "./dom.js";
import { downtimes } from "./downtimes.js";
import { of, ofUpgrade } from "./fleet.js";
import { live, say } from "./live.js";
import { patch } from "./patch.js";
import { releases } from "./releases.js";
import { clock, moment } from "./time.js";

const ORDER = new Intl.Collator("en", { numeric: true });

// Versions in their order: a prerelease comes before what it leads to.
function compared(one, other) {
  const [a, b] = [one, other].map((version) => version.split("+")[0].split(/-(.*)/s));
  return ORDER.compare(a[0], b[0]) || (a[1] === undefined) - (b[1] === undefined) || ORDER.compare(a[1] ?? "", b[1] ?? "");
}

export const newer = (product, version) =>
  (product?.release ?? [])
    .filter((each) => version && compared(each.version, version) > 0 && (!each.version.includes("-") || version.includes("-")))
    .toSorted((one, other) => compared(one.version, other.version));

function wayBack(point, { kept, name }) {
  if (!point) return [faint("No way back is recorded: only a succeeded upgrade leaves one.")];
  const rows = [
    ["goes back to", point.artifact.version, clock(point.taken_at)],
    point.copy && ["copy of the database", code(point.copy.database), size(point.copy.size)],
    point.dump && ["dump", code(point.dump.path), `${size(point.dump.size)}, ${counted(point.dump.tables, "table")}`],
    point.dump && ["its proof", code(point.dump.sha256), "SHA-256, read back when it was written"],
    point.files && ["files", code(point.files.manifest), `${counted(point.files.files, "file")}, ${size(point.files.size)}`],
  ].filter(Boolean);
  const until = kept.filter((each) => each.upgrade_id === point.upgrade_id).map((each) => each.until).sort()[0];
  return [
    table(["what", "which", "how large, or when"], rows),
    faint("Taken ", moment(point.taken_at), ", by ", link(ofUpgrade(point.upgrade_id), "this upgrade"), until && ["; what is aside goes ", moment(until)], ". ", code(`astrolabe rollback-point ${name}`)),
  ];
}

function aside({ kept }) {
  if (!kept.length) return null;
  const rows = kept.map((each) => [each.what, code(each.name), each.why, moment(each.until)]);
  return tag("section", { "data-key": "kept" }, tag("h2", {}, "Kept aside"), table(["what", "name", "why", "goes"], rows));
}

function seen(instance, may, done) {
  if (instance.unadopted) return [problem(advised(instance.unadopted)), adopt(instance, may, done)];
  const { observed, unobserved } = instance;
  if (unobserved) return [problem("Nobody can look at it since ", clock(unobserved.since), `: ${unobserved.why}`)];
  if (!observed) return [];
  if (observed.in_sync) return [faint(`${observed.seen}, seen so since `, moment(observed.since))];
  return [problem(`${observed.seen}; the log believes ${instance.version}. Seen so since `, moment(observed.since)), adopt(instance, may, done)];
}

function adopt(instance, may, done) {
  if (!instance.links.adopt) return null;
  const drift = instance.observed && !instance.observed.in_sync;
  const action = () => ({
    title: `Accept what runs as ${instance.name}`,
    verb: drift ? "Accept what runs" : "Look again",
    does: drift ? `The version that was seen, ${instance.observed.version}, becomes the version of the instance.` : "A worker looks again at what runs.",
    loses: drift ? "the way back: none leads over a change by hand, and what it was made of is kept aside until its retention ends." : null,
    path: instance.links.adopt,
    body: ({ reason }) => ({ reason }),
    command: (values) => `astrolabe adopt ${instance.name}${reasoned(values)}`,
  });
  return tag("div", { class: "do", "data-key": "adopt" }, actionButton(action, done, { disabled: !may("configure") }));
}

function slider(count, at, choose) {
  if (count < 2) return null;
  const input = tag("input", {
    type: "range", min: 1, max: count, value: at ?? count, "data-key": "slider", "aria-label": "Moment of its history",
    oninput: (event) => choose(Number(event.target.value)),
  });
  return tag("div", { class: "slider", "data-key": "moment" }, input, tag("button", { "data-key": "now", disabled: at === null, onclick: () => choose(null) }, "Now"));
}

function timeline(history) {
  const rows = history.toReversed().map((each) => [
    String(each.version), moment(each.recorded_at), each.type.replaceAll("_", " "), each.summary,
    each.position === null ? each.actor : tag("span", {}, each.actor, " ", link(`#/audit/${each.position}`, "proof")),
  ]);
  return tag("section", { "data-key": "history" }, tag("h2", {}, "History"), table(["nr", "when", "what", "in words", "who asked"], rows));
}

function past(upgrades) {
  const rows = upgrades.map((each) => [
    link(ofUpgrade(each.upgrade_id), moment(each.requested_at)), each.to_version ?? each.target, status(each.status),
    each.downtime_ms === null ? "–" : seconds(each.downtime_ms), `${each.actor}: “${each.reason || "no reason given"}”`,
  ]);
  return tag("section", { "data-key": "upgrades" }, tag("h2", {}, "Upgrades"), downtimes(upgrades), table(["asked for", "to", "status", "down", "by, and why"], rows));
}

export async function instance({ view, signal, title, may }, name) {
  const path = `/instances/${encodeURIComponent(name)}`;
  let chosen = null;
  let shown = null;
  let before = null;

  async function standing(at) {
    const query = at ? `?at=${encodeURIComponent(at)}` : "";
    const found = await get(path + query, signal);
    const point = found.rollback_point ? await get(`${path}/rollback-point${query}`, signal) : null;
    return { found, point };
  }

  async function look() {
    const [history, upgrades] = await Promise.all([all(`${path}/history?limit=1000`, signal), all(`/upgrades?instance=${encodeURIComponent(name)}`, signal)]);
    const event = chosen === null ? null : history[Math.min(chosen, history.length) - 1];
    const { found, point } = await standing(event && (event.position ?? event.recorded_at));
    const product = await get(`/products/${encodeURIComponent(found.product)}`, signal).catch((error) => {
      if (error instanceof Refused && error.status === 404) return null;
      throw error;
    });
    if (signal.aborted) return;
    if (before && before !== found.status && chosen === null) say(`${name} is ${found.status.replaceAll("_", " ")}`);
    before = found.status;
    shown = { history, upgrades, found, point, product, event };
    draw();
  }

  function choose(version) {
    chosen = version === shown.history.length ? null : version;
    look().catch(() => {});
  }

  function draw() {
    const { history, upgrades, found, point, product, event } = shown;
    const ahead = newer(product, found.version);
    title(name);
    patch(
      view,
      tag("h1", { tabindex: "-1" }, `${found.name} `, found.upgrade_id ? link(ofUpgrade(found.upgrade_id), status(found.status)) : status(found.status)),
      faint(`${product?.title ?? found.product} ${found.version ?? "of a version yet unknown"}, ${found.kind} on ${found.host}`),
      event && tag("p", { class: "then", "data-key": "then" }, "As it stood ", clock(event.recorded_at), `, after “${event.type.replaceAll("_", " ")}”`),
      slider(history.length, chosen, choose),
      ...seen(found, may, look),
      found.inconsistent && problem(advised(found.inconsistent.problem)),
      chosen === null && found.status === "idle" && tag("div", { class: "do", "data-key": "do" }, tag("a", { class: "button main", href: `${of(name)}/upgrade` }, "Plan an upgrade")),
      tag("section", { "data-key": "ahead" }, tag("h2", {}, "Releases ahead"), ahead.length ? releases(ahead.toReversed()) : faint("None is known to be newer.")),
      tag("section", { "data-key": "back" }, tag("h2", {}, "The way back"), ...wayBack(point, found)),
      aside(found),
      past(upgrades),
      timeline(chosen === null ? history : history.slice(0, chosen)),
    );
  }

  await live(look, signal);
}
