// The fleet: what needs a person first, then every instance, found by a word, a group and an order.

import { get } from "./client.js";
import { code, faint, link, seconds, status, tag } from "./dom.js";
import { live } from "./live.js";
import { adopt, part, patch } from "./patch.js";
import { registerButton } from "./register.js";
import { clock, moment } from "./time.js";

const MOST_NEEDS = 12;
const FEW = 20;
const MORE = 100;
const GROUP = 20;
const MOST = 1000;
const TYPING_MS = 200;
const GROUPS = { all: "All", needs: "Needs you", updates: "Update available", upgrading: "Upgrading" };
const ORDERS = { needs: "what needs you", name: "name", product: "product", host: "host", updated: "last change" };

export const of = (name) => `#/instances/${encodeURIComponent(name)}`;
export const ofUpgrade = (id) => `#/upgrades/${encodeURIComponent(id)}`;

// What a person has to look at: in a clause, what they could type, and where they go.
const NEEDS = {
  inconsistent: ({ instance, last }) => ["the way back failed", `astrolabe show ${instance.name}`, ofUpgrade(last.upgrade_id), "See what to do", true],
  failed: ({ instance, last }) => [`${last.status.replaceAll("_", " ")}, by itself`, `astrolabe show ${instance.name}`, ofUpgrade(last.upgrade_id), "See why", true],
  approval: ({ instance, last }) => [`${last.to_version ?? last.target} waits for approval`, `astrolabe approve ${instance.name} --reason "…"`, ofUpgrade(instance.upgrade_id), "Read the plan, decide"],
  unwell: ({ instance, last }) => ["the new version is unwell", `astrolabe rollback ${instance.name} --reason "…"`, ofUpgrade(last.upgrade_id), "Look, and decide", true],
  unadopted: ({ instance }) => ["could not be adopted", `astrolabe show ${instance.name}`, of(instance.name), "See why", true],
  drift: ({ instance }) => ["what runs is not what the log says", `astrolabe show ${instance.name}`, of(instance.name), "Compare"],
  unobserved: ({ instance }) => ["cannot be looked at", `astrolabe show ${instance.name}`, of(instance.name), "See why", true],
};

function needing(each) {
  const [what, command, href, does, bad] = NEEDS[each.need](each);
  const { instance, last } = each;
  const why = ["drift", "unadopted", "unobserved"].includes(each.need) ? null : last?.problem_detail ?? (last && `by ${last.actor}, “${last.reason || "no reason given"}”`);
  return tag(
    "article",
    { class: bad ? "card bad" : "card", "data-key": instance.instance_id },
    tag("h3", {}, `${instance.name}: ${what}`),
    faint(why && `${why} · `, instance.unobserved_since ? ["since ", clock(instance.unobserved_since)] : moment(instance.updated_at)),
    code(command),
    tag("div", { class: "do" }, tag("a", { class: "button main", href }, does)),
  );
}

function newest({ instance, ahead }) {
  const runs = instance.version ?? "not known yet";
  if (!ahead) return [runs];
  const breaking = ahead.breaking.length ? ` · breaking: ${ahead.breaking.join(", ")}` : "";
  const more = ahead.many === 1 ? "1 release ahead" : `${ahead.many} releases ahead`;
  const notes = ahead.newest.notes || "No notes are known.";
  return [
    runs, " ", tag("span", { class: "new" }, `→ ${ahead.newest.version}`),
    tag("details", {}, tag("summary", {}, more + breaking), tag("p", { class: "notes" }, notes), ahead.newest.url && tag("a", { href: ahead.newest.url, rel: "noreferrer" }, "The notes in full")),
  ];
}

function lastUpgrade({ last }) {
  if (!last) return ["none yet"];
  const down = last.downtime_ms === null ? "" : `, down ${seconds(last.downtime_ms)}`;
  return [link(ofUpgrade(last.upgrade_id), moment(last.requested_at)), down, tag("small", {}, `${last.actor}: “${last.reason || "no reason given"}”`)];
}

// An instance is as well as what is known of it: one whose last upgrade failed is not only idle.
export function standing({ instance, need }) {
  if (need === "drift" || need === "unwell" || need === "unobserved") return status(need);
  if (instance.status !== "idle") return status(instance.status);
  return need === "failed" ? status(instance.last_outcome) : status("well");
}

function row(each) {
  const { instance, title } = each;
  const cell = (...children) => tag("div", { role: "cell" }, ...children);
  return tag(
    "div",
    { class: "row", role: "row", "data-key": instance.instance_id },
    cell(link(of(instance.name), instance.name), tag("small", {}, `${title} · ${instance.kind} · ${instance.host}`)),
    cell(...newest(each)),
    cell(standing(each)),
    cell(...lastUpgrade(each)),
  );
}

const HEADS = ["instance", "runs → newest known", "state", "last upgrade"];

// Rows stay as they are until what they show has changed, so that a thousand of them cost no more than a few.
const heads = () => tag("div", { class: "row heads", role: "row", "data-key": "heads" }, HEADS.map((head) => tag("div", { role: "columnheader" }, head)));
const table = () => tag("div", { class: "rows", role: "table", "aria-label": "Instances", "data-key": "rows", "data-own": "" });
const item = (each) => part("div", each.instance.instance_id, JSON.stringify(each), () => row(each));

// The browser passes over what is out of sight by the group: a thousand rows that it has to ask one by one are slow to scroll.
function fill(list, items) {
  const groups = [];
  for (let at = 0; at < items.length; at += GROUP) groups.push(items.slice(at, at + GROUP));
  const group = (_, at) => tag("div", { class: "group", role: "rowgroup", "data-key": `group ${at}`, "data-own": "" });
  patch(list, part("div", "heads", "", heads), ...groups.map(group));
  const drawn = new Map([...list.querySelectorAll(".row")].map((each) => [each.dataset.key, each]));
  const places = [...list.children].slice(1);
  // All of them first: what a group no longer has, it would take away.
  places.forEach((place, at) => groups[at].forEach(({ instance }) => adopt(place, drawn.get(instance.instance_id))));
  places.forEach((place, at) => patch(place, ...groups[at].map(item)));
}

const NOBODY = ["No instance is registered yet. ", code("astrolabe discover"), " shows on a host what could be."];

export async function fleet({ view, signal, title, say, may, query }) {
  const asked = { search: query.get("search") ?? "", group: query.get("group") ?? "all", order: query.get("order") ?? "needs" };
  const list = table();
  let many = FEW;
  let known = null;
  // More is asked for before somebody has scrolled to the end of what is there.
  const near = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && unfold(), { rootMargin: "300px" });
  signal.addEventListener("abort", () => near.disconnect());
  let typing;
  let unfolding = false;

  const path = (changes) => `/fleet?${new URLSearchParams(Object.entries({ ...asked, ...changes }).filter(([, value]) => value))}`;

  async function look() {
    const page = await get(path({ limit: many }), signal);
    // What needs somebody stands first in what is asked for at first: then one question answers both.
    const needs = asked.search || asked.group !== "all" || asked.order !== "needs"
      ? await get(path({ search: "", group: "needs", order: "needs", limit: MOST_NEEDS }), signal)
      : { counts: page.counts, items: page.items.filter((each) => each.need).slice(0, MOST_NEEDS) };
    if (signal.aborted) return;
    hear(needs);
    draw(needs, page);
  }

  function hear({ counts, items }) {
    title(counts.needs ? `${counts.needs} need you` : "Fleet");
    const now = new Map(items.map((each) => [each.instance.instance_id, each.need]));
    const news = known && items.filter((each) => known.get(each.instance.instance_id) !== each.need);
    if (news?.length) say(news.map((each) => `${each.instance.name}: ${NEEDS[each.need](each)[0]}`).join("; "));
    known = now;
  }

  function choose(changes) {
    Object.assign(asked, changes);
    many = FEW;
    const kept = new URLSearchParams(Object.entries(asked).filter(([name, value]) => value && value !== { group: "all", order: "needs" }[name]));
    history.replaceState(null, "", kept.size ? `#/?${kept}` : "#/");
    return look().catch(() => {});
  }

  function bar(counts) {
    const field = tag("input", {
      type: "search", placeholder: "Find by name, product, host", "aria-label": "Find", value: asked.search, "data-key": "find",
      oninput: (event) => {
        clearTimeout(typing);
        const search = event.target.value.trim();
        typing = setTimeout(() => choose({ search }), TYPING_MS);
      },
    });
    const chips = Object.entries(GROUPS).map(([group, label]) =>
      tag("button", { class: "chip", type: "button", "data-key": group, "aria-pressed": String(asked.group === group), onclick: () => choose({ group }) }, `${label} ${counts[group]}`));
    const orders = tag(
      "select",
      { "aria-label": "Order by", "data-key": "order", onchange: (event) => choose({ order: event.target.value }) },
      Object.entries(ORDERS).map(([order, label]) => tag("option", { value: order, selected: asked.order === order }, `by ${label}`)),
    );
    return tag("div", { class: "bar", "data-key": "bar", role: "search" }, field, chips, orders);
  }

  function unfold() {
    if (unfolding || many >= MOST) return;
    many = Math.min(MOST, many + MORE);
    unfolding = true;
    look().catch(() => {}).finally(() => (unfolding = false));
  }

  function more(page) {
    if (!page.next) return null;
    if (many >= MOST) return faint(`The first ${MOST} are shown: find the others by a word.`);
    return tag("button", { type: "button", "data-key": "more", onclick: unfold }, "Show more");
  }

  function draw(needs, page) {
    const hosts = new Set(page.items.map((each) => each.instance.host)).size;
    fill(list, page.items);
    patch(
      view,
      tag("h1", { class: needs.counts.needs ? "" : "unseen" }, needs.counts.needs ? `Needs you · ${needs.counts.needs}` : "Nothing needs you"),
      tag("div", { class: "need", "data-key": "needs" }, needs.items.map(needing)),
      tag("h2", {}, `Fleet · ${needs.counts.all} instances${page.next ? "" : ` on ${hosts} ${hosts === 1 ? "host" : "hosts"}`}`),
      bar(page.counts),
      page.items.length ? list : faint(...(needs.counts.all ? ["Nothing is found."] : NOBODY)),
      more(page),
      tag("div", { class: "do", "data-key": "do" }, registerButton(may, (made) => (location.hash = of(made.name)))),
    );
    near.disconnect();
    for (const each of view.querySelectorAll("[data-key=more]")) near.observe(each);
  }

  await live(look, signal);
}
