// One upgrade: its steps as a picture, what happens as it happens, and what can be typed now.

import { follow, get } from "./client.js";
import { moment, seconds, status, table, tag } from "./dom.js";
import { timeline } from "./timeline.js";

const TICK_MS = 1000;
const VERBS = {
  approve: (id) => `astrolabe approve ${id} --reason "…"`,
  reject: (id) => `astrolabe reject ${id} --reason "…"`,
  review: (id) => `astrolabe review ${id} accepted --reason "…"`,
  cancel: (id) => `astrolabe cancel ${id} --reason "…"`,
  retry: (id) => `astrolabe retry ${id} --reason "…"`,
  rollback: (id) => `astrolabe rollback ${id} --reason "…"`,
};

function steps(operation) {
  const took = ({ began_at, ended_at }) =>
    began_at && ended_at ? seconds(new Date(ended_at) - new Date(began_at)) : began_at ? "…" : "";
  return tag(
    "ol",
    { class: "steps" },
    ...operation.steps.map((step) =>
      tag("li", { "data-step": step.step, "data-status": step.status }, step.step, tag("small", {}, `${step.status} ${took(step)}`)),
    ),
  );
}

function ending({ error, result, progress, commands }) {
  if (error) {
    const lines = [error.detail, error.todo].filter(Boolean).map((text) => tag("p", { class: "problem" }, text));
    const seen = error.seen?.length ? tag("pre", {}, error.seen.join("\n")) : null;
    const typed = commands.map(({ does, line }) => `# ${does}\n${line}`).join("\n");
    return tag("div", {}, ...lines, seen, typed ? tag("pre", {}, typed) : null);
  }
  if (result) {
    const down = result.downtime_ms === null ? "" : ` Nobody was served for ${seconds(result.downtime_ms)}.`;
    return tag("p", {}, `${result.version} runs.${down}`);
  }
  return tag("p", { class: "faint", id: "progress" }, far(progress));
}

const MEGABYTE = 1e6;

// How far the step under way is; bytes in the unit that a person reads.
function far(progress) {
  if (!progress) return "";
  const { message, unit } = progress;
  const amounts = [progress.done, progress.total].filter((each) => each !== null && each !== undefined);
  if (!amounts.length) return message;
  const shown = unit === "bytes" ? amounts.map((each) => `${(each / MEGABYTE).toFixed(1)} MB`) : amounts.map((each) => each.toLocaleString("en"));
  return `${message}: ${shown.join(" of ")}${unit && unit !== "bytes" ? ` ${unit}` : ""}`;
}

function typed(operation) {
  const lines = Object.keys(VERBS).filter((verb) => operation.links[verb]).map((verb) => VERBS[verb](operation.id));
  return lines.length ? tag("div", {}, tag("h3", {}, "What can be typed now"), tag("pre", {}, lines.join("\n"))) : null;
}

function trail(events) {
  const rows = events.map((event) => [moment(event.recorded_at), event.type.replaceAll("_", " "), event.summary, event.actor]);
  return tag("div", {}, tag("h3", {}, "What happened"), table(["when", "what", "in words", "who asked"], rows));
}

function drawn(operation, name, events) {
  return [
    tag("h2", {}, `${name}: ${operation.from_version} to ${operation.to_version ?? operation.target} `, status(operation.status)),
    tag("p", { class: "faint" }, `${operation.actor}: ${operation.reason || "no reason given"}. `, tag("a", { href: `#/instances/${name}` }, name)),
    tag("p", { class: "faint" }, [operation.ticket && `Ticket ${operation.ticket}.`, operation.impact && `Impact: ${operation.impact}`].filter(Boolean).join(" ")),
    steps(operation),
    timeline(operation, events),
    ending(operation),
    typed(operation),
    trail(events),
  ].filter(Boolean);
}

export async function showUpgrade(view, id, signal) {
  const path = `/upgrades/${encodeURIComponent(id)}`;
  let operation = await get(path, signal);
  const { name } = await get(`/instances/${operation.instance_id}`, signal);
  const events = [];
  const draw = () => signal.aborted || view.replaceChildren(...drawn(operation, name, events));
  let asking = null;
  const refresh = async () => {
    operation = await get(path, signal);
    asking = null;
    draw();
  };
  draw();
  const ticking = setInterval(() => operation.done || draw(), TICK_MS);
  signal.addEventListener("abort", () => clearInterval(ticking));
  const heard = (event) => {
    events.push(event);
    // Many events may come at once; one question answers for all of them.
    asking ??= Promise.resolve().then(refresh).catch(() => (asking = null));
  };
  const ticked = (progress) => {
    if (operation.done) return;
    operation = { ...operation, progress };
    view.querySelector("#progress")?.replaceChildren(far(progress));
  };
  await follow(`${path}/events`, null, { heard, ticked }, signal);
  await refresh();
  clearInterval(ticking);
}
