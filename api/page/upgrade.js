// One upgrade: its steps as a picture, what happens as it happens, and what can be decided now.

import { follow, raw, tagged, get } from "./client.js";
import { code, faint, link, problem, seconds, size, status, table, tag } from "./dom.js";
import { of } from "./fleet.js";
import { gathered, say } from "./live.js";
import { patch } from "./patch.js";
import { releases } from "./releases.js";
import { clock, moment } from "./time.js";
import { downtime, timeline } from "./timeline.js";
import { typed, verbs } from "./verbs.js";

const TICK_MS = 1000;
const MOST_LINES = 200;
// The steps in which what is said comes from the gateway.
const ITS_OWN = new Set(["migrate", "verify", "rollback"]);

function steps(operation) {
  const took = ({ began_at, ended_at }) =>
    began_at && ended_at ? seconds(new Date(ended_at) - new Date(began_at)) : began_at ? "…" : "";
  const step = (each) =>
    tag("li", { "data-step": each.step, "data-status": each.status }, each.step, tag("small", {}, `${each.status} ${took(each)}`));
  return tag("ol", { class: "steps" }, operation.steps.map(step));
}

// How far the step under way is; bytes in the unit that a person reads.
export function far(progress) {
  if (!progress) return "";
  const { message, unit } = progress;
  const amounts = [progress.done, progress.total].filter((each) => each !== null && each !== undefined);
  if (!amounts.length) return message;
  const shown = amounts.map((each) => (unit === "bytes" ? size(each) : each.toLocaleString("en")));
  return `${message}: ${shown.join(" of ")}${unit && unit !== "bytes" ? ` ${unit}` : ""}`;
}

function progressing({ progress }) {
  const { done, total } = progress ?? {};
  const meter = total ? tag("progress", { max: total, value: Math.min(done, total), "aria-label": progress.message }) : null;
  // What a user may set, patching leaves alone; how far something is is no user's to say.
  if (meter) meter.dataset.key = `${done}`;
  return tag("div", { class: "progress", id: "progress" }, tag("p", {}, far(progress)), meter);
}

function ending({ error, result, commands }) {
  if (error) {
    const lines = [error.detail, error.todo].filter(Boolean).map((text) => problem(text));
    const hand = commands.map(({ does, line }) => `# ${does}\n${line}`).join("\n");
    return tag("section", { class: "card bad" }, lines, hand && tag("pre", {}, hand));
  }
  if (!result) return null;
  const down = result.downtime_ms === null ? "" : ` Nobody was served for ${seconds(result.downtime_ms)}.`;
  const back = result.rollback_point ? " It can be taken back." : "";
  return tag("p", {}, `${result.version} runs.${down}${back}`);
}

// For how long nobody has been served: it is counted while it lasts.
function down(operation, events) {
  if (operation.done) return null;
  const found = downtime(events, Date.now());
  return found && tag("p", { class: "down-now", "data-key": "down" }, `Nobody is served: ${seconds(found[1] - found[0])}`);
}

function agreement({ approvals, review }) {
  const lines = [];
  if (approvals) {
    const left = Math.max(0, approvals.approvers - approvals.approved_by.length);
    const by = approvals.approved_by.length ? `approved by ${approvals.approved_by.join(", ")}` : "nobody has approved yet";
    lines.push(faint(approvals.rejected_by ? `Rejected by ${approvals.rejected_by}.` : `${left} more must approve until `, !approvals.rejected_by && clock(approvals.until), `; ${by}. Not: ${approvals.requesters.join(", ")}, who asked.`));
  }
  if (review) {
    lines.push(faint(review.verdict ? `Reviewed by ${review.reviewer}: ${review.verdict}.` : "Somebody else must review it until ", !review.verdict && clock(review.until)));
  }
  return lines;
}

function checked({ checks, commands, releases: crossed, migrations }) {
  const seen = checks.map((check) => [status(check.ok ? "done" : "failed"), check.name, check.seen]);
  return tag(
    "details",
    { "data-key": "plan" },
    tag("summary", {}, tag("h2", {}, "The plan, as preflight found it")),
    releases(crossed),
    migrations.length ? table(["migration", "blocks", "why"], migrations.map((each) => [each.type, each.blocks, each.why])) : null,
    table(["", "check", "what was seen"], seen),
    tag("pre", { tabindex: "0" }, commands.map((each) => `# ${each.step}\n${each.argv.join(" ")}`).join("\n")),
  );
}

function log(lines, output) {
  const text = output ?? lines.join("\n");
  return text
    ? tag("section", { "data-key": "log" }, tag("h2", {}, "The gateway's own log"), tag("pre", { class: "log", tabindex: "0" }, text))
    : null;
}

function trail(events) {
  const rows = events.map((event) => [moment(event.recorded_at), event.type.replaceAll("_", " "), event.summary, event.actor]);
  return tag("section", { "data-key": "trail" }, tag("h2", {}, "What happened"), table(["when", "what", "in words", "who asked"], rows));
}

export async function upgrade({ view, signal, title, may }, id) {
  const path = `/upgrades/${encodeURIComponent(id)}`;
  const events = [];
  const lines = [];
  let operation = await tagged(path, signal);
  let output = null;
  const { name } = await get(`/instances/${operation.instance_id}`, signal);

  function draw() {
    if (signal.aborted) return;
    const to = operation.to_version ?? operation.target;
    const found = events.findLast((event) => event.type === "preflight_passed");
    title(`${name} to ${to}: ${operation.status.replaceAll("_", " ")}`);
    patch(
      view,
      tag("h1", { tabindex: "-1" }, `${name}: ${operation.from_version} to ${to} `, status(operation.status)),
      faint(`${operation.actor}: ${operation.reason || "no reason given"}. `, link(of(name), name), ", ", moment(operation.requested_at)),
      faint([operation.ticket && `Ticket ${operation.ticket}.`, operation.impact && `Impact: ${operation.impact}`].filter(Boolean).join(" ")),
      ...agreement(operation),
      tag("div", { class: "do", "data-key": "do" }, verbs(operation, may, look)),
      steps(operation),
      down(operation, events),
      operation.done ? null : progressing(operation),
      timeline(operation, events),
      ending(operation),
      found && checked(found.data.plan),
      log(lines, output ?? operation.error?.seen?.join("\n")),
      trail(events),
      can(operation),
      faint(link(`${path}/evidence`, "Take the evidence away"), ": its events with their proofs, for ", code("astrolabe audit verify")),
    );
  }

  const look = gathered(async () => {
    const before = operation.status;
    operation = await tagged(path, signal);
    if (operation.error?.output && output === null) output = await raw(`/outputs/${operation.error.output}`, signal).then((answer) => answer.text(), () => "");
    if (operation.status !== before) say(`${name}: ${operation.status.replaceAll("_", " ")}`);
    draw();
  });

  draw();
  const ticking = setInterval(() => operation.done || draw(), TICK_MS);
  signal.addEventListener("abort", () => clearInterval(ticking));
  const on = {
    progress(progress) {
      if (operation.done) return;
      if (ITS_OWN.has(progress.step) && lines.at(-1) !== progress.message) lines.push(progress.message);
      lines.splice(0, lines.length - MOST_LINES);
      operation = { ...operation, progress };
      draw();
    },
    default(event) {
      events.push(event);
      look().catch(() => {});
    },
  };
  for (let last = null; !signal.aborted; ) {
    last = await follow(`${path}/events`, last, on, signal);
    await look();
    await changed(path, operation.etag, signal);
  }
  clearInterval(ticking);
}

// An upgrade that has ended can be begun again, or taken back, by somebody else as well.
async function changed(path, etag, signal) {
  const ended = new AbortController();
  signal.addEventListener("abort", () => ended.abort());
  const look = gathered(async () => {
    const now = await tagged(path, signal).catch(() => null);
    if (now && now.etag !== etag) ended.abort();
  });
  await follow("/changes", null, { changed: look }, ended.signal);
}

function can(operation) {
  const lines = typed(operation);
  return lines.length
    ? tag("section", { "data-key": "typed" }, tag("h2", {}, "What can be typed now"), tag("pre", { tabindex: "0" }, lines.join("\n")))
    : null;
}
