// The audit trail: found by who, what, where and when; one event, and its proof; and all of it to take away.

import { get, raw } from "./client.js";
import { code, faint, link, problem, table, tag } from "./dom.js";
import { live } from "./live.js";
import { patch } from "./patch.js";
import { verify } from "./proof.js";
import { clock, moment } from "./time.js";

const KEY = "astrolabe-audit-key";
const FIELDS = { instance: "Instance", actor: "Actor", type: "Type", from: "From", to: "Before" };

const placed = (each) => link(`#/audit/${each.position}`, String(each.position));

function filters(asked, search) {
  const fields = Object.entries(FIELDS).map(([name, label]) => {
    const time = name === "from" || name === "to";
    return tag("label", { class: "field" }, label, tag("input", { name, type: time ? "datetime-local" : "text", value: asked.get(name) ?? "", "data-key": name, autocomplete: "off" }));
  });
  const onsubmit = (event) => {
    event.preventDefault();
    const given = [...new FormData(event.target)].filter(([, value]) => value.trim());
    search(new URLSearchParams(given.map(([name, value]) => [name, value.trim()])));
  };
  return tag("form", { class: "bar filters", "data-key": "filters", role: "search", onsubmit }, fields, tag("button", { class: "main" }, "Find"));
}

// A moment as it is typed is a local one.
function asAsked(query) {
  const asked = new URLSearchParams(query);
  for (const name of ["from", "to"]) if (asked.get(name)) asked.set(name, new Date(asked.get(name)).toISOString());
  return asked;
}

const exports = () => tag("section", { "data-key": "exports" },
  tag("h2", {}, "Take it away"),
  tag("ul", {}, [["jsonl", "JSON lines, which can be verified offline"], ["csv", "CSV, for a spreadsheet"], ["ocsf", "OCSF, for a SIEM"]].map(([form, label]) =>
    tag("li", {}, tag("a", { href: `/audit/export?format=${form}`, download: "" }, label)))),
  faint(code("astrolabe audit export"), " does the same, and ", code("astrolabe audit verify"), " checks it."));

export async function audit({ view, signal, title, query }) {
  title("Audit");
  let asked = query;
  let pages = 1;
  let said = null;

  function search(wanted) {
    [asked, pages] = [wanted, 1];
    history.replaceState(null, "", wanted.size ? `#/audit?${wanted}` : "#/audit");
    look().catch(() => {});
  }

  async function look() {
    const items = [];
    let next = `/audit/events?${asAsked(asked)}`;
    said = null;
    try {
      for (let page = 0; page < pages && next; page += 1) {
        const found = await get(next, signal);
        items.push(...found.items);
        next = found.next;
      }
    } catch (error) {
      if (error.status !== 400 && error.status !== 404) throw error;
      said = error.message;
      next = null;
    }
    if (signal.aborted) return;
    const rows = items.map((each) => [placed(each), moment(each.recorded_at), each.type.replaceAll("_", " "), each.actor, each.reason || "–", each.source]);
    patch(view, tag("h1", { tabindex: "-1" }, "Audit trail"), filters(asked, search), said && problem(said),
      rows.length ? table(["position", "when", "what", "actor", "why", "from"], rows) : faint("Nothing is found."),
      next && tag("button", { "data-key": "more", onclick: () => ((pages += 1), look()) }, "Show more"),
      exports());
  }

  await live(look, signal);
}

function verdict(found) {
  if (found.waits) return tag("p", { class: "verdict waits" }, found.why);
  const facts = found.root ? table(["", ""], [["tree", `${found.size} entries`], ["root that was signed", code(found.root)], ["root reached from this event", code(found.reached)]]) : null;
  if (!found.holds) return tag("section", { class: "card bad verdict" }, tag("h2", {}, "Not proven"), problem(found.why), facts);
  const signature = found.signed ? "The checkpoint is signed by your key." : "Give the log's public key to have the checkpoint's signature checked too.";
  return tag("section", { class: "card good verdict" }, tag("h2", {}, "Proven"), tag("p", {}, `This event is in the signed log, with exactly these bytes. ${signature}`), facts);
}

export async function auditEvent({ view, signal, title, say }, position) {
  title(`Event ${position}`);
  const { items } = await get(`/audit/events?after=${Number(position) - 1}&limit=1`, signal);
  const event = items.find((each) => String(each.position) === position);
  if (!event) return patch(view, tag("h1", { tabindex: "-1" }, `Event ${position}`), problem("The log has no such event yet."));
  const key = tag("input", { id: "key", value: localStorage.getItem(KEY) ?? "", placeholder: "NAME+HASH+KEY", spellcheck: "false", autocomplete: "off" });
  const shown = tag("div", { role: "status" });
  const read = async (path) => new Uint8Array(await (await raw(`/audit/tlog/${path}`, signal)).arrayBuffer());

  async function prove(submitted) {
    submitted.preventDefault();
    localStorage.setItem(KEY, key.value.trim());
    patch(shown, faint("…"));
    // A browser computes no hashes for a page that came without TLS from another host.
    const found = crypto.subtle
      ? await verify(event, read, key.value.trim()).catch((error) => ({ holds: false, why: error.message }))
      : { waits: true, why: "This browser computes hashes only for pages that came with TLS, or from localhost: use astrolabe audit verify." };
    patch(shown, verdict(found));
    say(found.waits ? found.why : found.holds ? "Proven" : `Not proven: ${found.why}`);
  }

  const facts = [["when", clock(event.recorded_at)], ["actor", event.actor], ["why", event.reason || "–"], ["from", event.source], ["stream", code(event.stream_id)], ["nr in its stream", String(event.version)], ["id", code(event.id)]];
  patch(view,
    tag("h1", { tabindex: "-1" }, `Event ${position}: ${event.type.replaceAll("_", " ")}`),
    table(["", ""], facts),
    tag("pre", { tabindex: "0" }, JSON.stringify(event.data, null, 2)),
    tag("form", { class: "card", onsubmit: prove },
      tag("h2", {}, "Is it so?"),
      faint("This browser reads the signed checkpoint and the tree's tiles, and works out itself whether exactly this event is in the log."),
      tag("label", { for: "key" }, "The log's public key, as ", code("astrolabe audit key"), " prints it"), key,
      tag("button", { class: "main" }, "Verify here")),
    shown);
}
