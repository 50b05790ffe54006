// All instances, and one: where it stands, its way back, its upgrades and its history.

import { get } from "./client.js";
import { moment, status, table, tag } from "./dom.js";

const AGAIN_MS = 3000;

const link = (kind, id, text = id) => tag("a", { href: `#/${kind}/${encodeURIComponent(id)}` }, text);

// Lists are read again and again: they are a moment behind the log, and nothing streams them.
async function again(view, signal, draw) {
  while (!signal.aborted) {
    const drawn = await draw();
    if (signal.aborted) return;
    view.replaceChildren(...drawn.filter(Boolean));
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function all(path, signal) {
  const items = [];
  for (let next = path; next; ) {
    const page = await get(next, signal);
    items.push(...page.items);
    next = page.next;
  }
  return items;
}

export const showInstances = (view, signal) =>
  again(view, signal, async () => {
    const rows = (await all("/instances", signal)).map((each) => [
      link("instances", each.name), `${each.product} ${each.version ?? ""}`, each.kind, each.host,
      each.upgrade_id ? link("upgrades", each.upgrade_id, status(each.status)) : status(each.status),
      moment(each.updated_at),
    ]);
    const none = tag("p", { class: "faint" }, "No instance is registered yet: ", tag("code", {}, "astrolabe register"));
    return [tag("h2", {}, "Instances"), rows.length ? table(["name", "runs", "kind", "host", "status", "changed"], rows) : none];
  });

function wayBack(point) {
  if (!point) return tag("p", { class: "faint" }, "No way back is recorded: only a succeeded upgrade leaves one.");
  const copy = point.copy ? `, the copy ${point.copy.database}` : "";
  const dump = point.dump ? ` and a dump with SHA-256 ${point.dump.sha256}` : "";
  return tag("p", {}, `${point.artifact.version}${copy}${dump}`);
}

function drift({ observed, unadopted, version }) {
  if (unadopted) return tag("p", { class: "problem" }, `${unadopted.detail} ${unadopted.todo}`);
  if (!observed || observed.in_sync) return null;
  return tag("p", { class: "problem" }, `${observed.seen}; the log believes ${version}. Seen so since `, moment(observed.since));
}

export const showInstance = (view, name, signal) =>
  again(view, signal, async () => {
    const path = `/instances/${encodeURIComponent(name)}`;
    const instance = await get(path, signal);
    const point = instance.rollback_point ? await get(`${path}/rollback-point`, signal) : null;
    const history = await all(`${path}/history`, signal);
    const upgrades = await all(`/upgrades?instance=${encodeURIComponent(name)}`, signal);
    return [
      tag("h2", {}, `${instance.name} `, status(instance.status)),
      tag("p", { class: "faint" }, `${instance.product} ${instance.version ?? "of a version yet unknown"}, ${instance.kind} on ${instance.host}`),
      drift(instance),
      tag("h3", {}, "The way back"),
      wayBack(point),
      tag("h3", {}, "Upgrades"),
      table(["asked for", "to", "status", "by", "why"], upgrades.map((each) => [
        link("upgrades", each.upgrade_id, moment(each.requested_at)), each.to_version ?? each.target, status(each.status), each.actor, each.reason,
      ])),
      tag("h3", {}, "History"),
      table(["nr", "when", "what", "in words", "who asked"], history.toReversed().map((each) => [
        String(each.version), moment(each.recorded_at), each.type.replaceAll("_", " "), each.summary, each.actor,
      ])),
    ];
  });
