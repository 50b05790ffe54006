// All upgrades, the newest first.

import { all, get } from "./client.js";
import { faint, link, seconds, status, table, tag } from "./dom.js";
import { of, ofUpgrade } from "./fleet.js";
import { live } from "./live.js";
import { patch } from "./patch.js";
import { moment } from "./time.js";

const GROUPS = { "": "All", awaiting_approval: "Waiting for approval", failed: "Failed", rolled_back: "Rolled back", unwell: "Unwell" };

export async function upgrades({ view, signal, title }) {
  let only = "";
  let many = 50;
  title("Upgrades");

  async function look() {
    const query = new URLSearchParams({ limit: many, ...(only && { status: only }) });
    const [page, instances] = await Promise.all([get(`/upgrades?${query}`, signal), all("/instances?limit=1000", signal)]);
    const names = new Map(instances.map((each) => [each.instance_id, each.name]));
    const rows = page.items.map((each) => {
      const name = names.get(each.instance_id) ?? each.instance_id.slice(-8);
      return [
        link(of(name), name),
        link(ofUpgrade(each.upgrade_id), `${each.from_version} → ${each.to_version ?? each.target}`),
        status(each.status),
        moment(each.requested_at),
        each.downtime_ms === null ? "–" : seconds(each.downtime_ms),
        tag("span", {}, `${each.actor}: “${each.reason || "no reason given"}”`, each.problem_detail && tag("small", {}, each.problem_detail)),
      ];
    });
    if (signal.aborted) return;
    const choose = (value) => {
      only = value;
      look().catch(() => {});
    };
    const chips = Object.entries(GROUPS).map(([value, label]) =>
      tag("button", { class: "chip", "data-key": `only ${value}`, "aria-pressed": String(only === value), onclick: () => choose(value) }, label));
    patch(
      view,
      tag("h1", { tabindex: "-1" }, "Upgrades"),
      tag("div", { class: "bar", "data-key": "bar" }, chips),
      rows.length ? table(["instance", "versions", "status", "asked for", "down", "by, and why"], rows) : faint("None."),
      page.next && many < 1000 && tag("button", { "data-key": "more", onclick: () => ((many = Math.min(1000, many * 4)), look()) }, "Show more"),
    );
  }

  await live(look, signal);
}
