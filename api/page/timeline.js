// The picture of an upgrade: when each step ran, and for how long nobody was served.

import { seconds, svg } from "./dom.js";

const [WIDTH, LEFT, ROW, BAR] = [900, 90, 26, 16];

const at = (text) => new Date(text).getTime();

// From the last healthy probe of the old version to the first one of whatever served others next: the log's own number
// where it has one. Before cutover the new version answers on a port that nobody else knows, which ends nothing.
export function downtime(events, now) {
  let began = null;
  let ended = null;
  let answered = null;
  let open = false;
  for (const { type, data } of events) {
    if (type === "upgrade_retried") [began, ended, answered, open] = [null, null, null, false];
    if (type === "cut_over") open = true;
    if (type === "instance_stopped") began ??= at(data.last_healthy_at);
    if (type === "database_restored" && data.last_healthy_at && ended !== null) [began, ended] = [at(data.last_healthy_at), null];
    if (type === "migration_finished") answered = at(data.healthy_at);
    if (type === "migration_finished" && open) ended = answered;
    if (type === "upgrade_succeeded") ended = data.downtime_ms == null ? answered : began + data.downtime_ms;
    if (type === "upgrade_rolled_back" || type === "instance_taken_over") ended = at(data.at);
  }
  return began === null ? null : [began, ended ?? now];
}

export function timeline(operation, events) {
  const ran = operation.steps.filter((step) => step.began_at);
  if (!ran.length) return null;
  const now = operation.done ? at(operation.updated_at) : Date.now();
  const down = downtime(events, now);
  const first = Math.min(...ran.map((step) => at(step.began_at)));
  const last = Math.max(now, down?.[1] ?? 0, ...ran.map((step) => (step.ended_at ? at(step.ended_at) : now)));
  const x = (time) => LEFT + ((time - first) / Math.max(1, last - first)) * (WIDTH - LEFT - 70);
  const height = ROW * (ran.length + 1) + 8;
  const shade = down && svg("rect", { class: "down", x: x(down[0]), y: 0, width: Math.max(2, x(down[1]) - x(down[0])), height });
  const bars = ran.flatMap((step, row) => {
    const [from, until] = [at(step.began_at), step.ended_at ? at(step.ended_at) : now];
    const kind = { done: "ran", running: "running" }[step.status] ?? "failed";
    return [
      svg("text", { x: 0, y: row * ROW + 14 }, step.step),
      svg("rect", { class: kind, x: x(from), y: row * ROW + 2, width: Math.max(2, x(until) - x(from)), height: BAR, rx: 3 }),
      svg("text", { x: x(until) + 6, y: row * ROW + 14 }, seconds(until - from)),
    ];
  });
  const told = down && svg("text", { x: x(down[0]), y: height - 8 }, `down ${seconds(down[1] - down[0])}`);
  const label = `Steps over time${down ? `; nobody was served for ${seconds(down[1] - down[0])}` : ""}`;
  return svg("svg", { class: "picture", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label }, shade, ...bars, told);
}
