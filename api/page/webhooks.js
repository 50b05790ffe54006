// Webhooks: who is notified of what, how it arrives, and its secret.

import { actionButton, copyable, quoted, reasoned } from "./action.js";
import { get } from "./client.js";
import { code, faint, link, problem, status, table, tag } from "./dom.js";
import { live } from "./live.js";
import { patch } from "./patch.js";
import { moment } from "./time.js";

const at = (name) => `#/webhooks/${encodeURIComponent(name)}`;
const state = (each) => (each.disabled ? status("disabled") : each.failing_since ? tag("span", {}, status("failed"), " since ", moment(each.failing_since)) : status("enabled"));
const words = (text) => text.split(/[\s,]+/).filter(Boolean);

const add = (types) => () => ({
  title: "Add a webhook",
  verb: "Add",
  does: "Each notification is posted to this address from now on, signed. The address stays in the log for ever: it is no place for a secret.",
  path: "/webhooks",
  fields: [
    { name: "name", label: "Name", required: true, help: "Lower case letters, digits and -." },
    { name: "url", label: "Address", type: "url", required: true },
    { name: "types", label: "Types, all where it is empty", help: `Such as ${types.slice(0, 3).join(", ")}` },
    { name: "instances", label: "Instances, all where it is empty" },
    { name: "ordered", label: "Send an instance's next one only after the one before arrived", type: "checkbox" },
  ],
  body: ({ name, url, types: asked, instances, ordered, reason }) => ({ name, url, types: words(asked), instances: words(instances), ordered, reason }),
  command: ({ name, url, types: asked, instances, ordered, reason }) =>
    ["astrolabe webhook add", quoted(name || "NAME"), quoted(url || "URL"), ...words(asked).map((each) => `--type ${quoted(each)}`), ...words(instances).map((each) => `--instance ${quoted(each)}`), ordered && "--ordered"].filter(Boolean).join(" ") + reasoned({ reason }),
});

export async function webhooks({ view, signal, title, may }) {
  title("Webhooks");
  const types = (await get("/webhooks/types", signal)).items.map((each) => each.type);
  async function look() {
    const { items } = await get("/webhooks", signal);
    const rows = items.map((each) => [link(at(each.name), each.name), code(each.url), each.types.length ? each.types.join(", ") : "all", state(each), `${each.pending} wait, ${each.failed} given up`]);
    if (signal.aborted) return;
    patch(view, tag("h1", { tabindex: "-1" }, "Webhooks"),
      rows.length ? table(["name", "address", "types", "state", "deliveries"], rows) : faint("Nobody is notified of anything yet."),
      tag("div", { class: "do", "data-key": "do" }, actionButton(add(types), look, { disabled: !may("configure"), class: "main" })));
  }
  await live(look, signal);
}

function deed(name, path, verb, button, does, loses, more = {}) {
  return () => ({ title: `${button}: ${name}`, verb: button, does, loses, path: `${path}/${verb}`, body: ({ reason }) => ({ reason }), command: (values) => `astrolabe webhook ${verb} ${name}${reasoned(values)}`, ...more });
}

function deeds(found, path) {
  const { name } = found;
  return [
    found.disabled
      ? deed(name, path, "enable", "Enable", "What was kept for it is sent, and what comes.")
      : deed(name, path, "disable", "Disable", "Nothing is sent to it; what happens is kept for it.", "nothing."),
    deed(name, path, "test", "Send a ping", "One notification of the type astrolabe.ping is sent, signed as all are.", null, { reason: false, body: () => undefined, command: () => `astrolabe webhook test ${name}` }),
    deed(name, path, "rotate-secret", "Rotate the secret", "It gets a new secret. For a while deliveries are signed with the old one too.", "whoever verifies with the old one alone refuses what comes after that.", {
      fields: [{ name: "overlap_hours", label: "Hours that the old one signs too", type: "number", value: "24" }],
      body: ({ overlap_hours, reason }) => ({ overlap_hours: Number(overlap_hours), reason }),
      command: (values) => `astrolabe webhook rotate ${name} --overlap-hours ${values.overlap_hours || 24}${reasoned(values)}`,
    }),
    deed(name, path, "recover", "Send again what failed", "Every delivery that was given up is sent again, each under its own id.", null, { reason: false, body: () => ({}), command: () => `astrolabe webhook redeliver ${name}` }),
    deed(name, path, "remove", "Remove", "It is notified of nothing any more.", "what waits for it; its name is free again.", { danger: true, command: (values) => `astrolabe webhook remove ${name}${reasoned(values)} --yes` }),
  ];
}

export async function webhook({ view, signal, title, may }, name) {
  const path = `/webhooks/${encodeURIComponent(name)}`;
  let only = "";
  let secret = null;
  title(`Webhook ${name}`);

  const again = (each) => () => ({
    title: `Send ${each.type} again`, verb: "Send again", reason: false,
    does: "It is sent again now, under the same id, so that whoever has it already can know it.",
    path: `${path}/deliveries/${each.id}/redeliver`, body: () => undefined, command: () => `astrolabe webhook redeliver ${name} ${each.id}`,
  });

  async function reveal() {
    secret = await get(`${path}/secret`, signal).then((each) => each.secret, (error) => error.message);
    await look();
  }

  // What a deed leaves to look at: no endpoint any more, or another secret than the one that is shown.
  const after = { Remove: () => (location.hash = "#/webhooks"), "Rotate the secret": () => (secret ? reveal() : look()) };

  async function look() {
    const found = await get(path, signal);
    const { items } = await get(`${path}/deliveries?limit=50${only && `&state=${only}`}`, signal);
    if (signal.aborted) return;
    const rows = items.map((each) => [moment(each.occurred_at), each.type, status(each.state), String(each.attempts),
      actionButton(again(each), look, { disabled: !may("configure"), "data-key": each.id })]);
    const chips = ["", "pending", "delivered", "failed"].map((value) => tag("button", { class: "chip", "data-key": `only ${value}`, "aria-pressed": String(only === value), onclick: () => ((only = value), look()) }, value || "all"));
    patch(view,
      tag("h1", { tabindex: "-1" }, `${found.name} `, state(found)),
      faint(code(found.url), ` · ${found.types.length ? found.types.join(", ") : "all types"}${found.ordered ? " · in order" : ""}`),
      tag("div", { class: "do", "data-key": "do" }, deeds(found, path).map((make) => actionButton(make, after[make().verb] ?? look, { disabled: !may("configure") }))),
      tag("section", { "data-key": "secret" }, tag("h2", {}, "What it verifies with"), secret ? copyable(secret) : tag("button", { disabled: !may("configure"), onclick: reveal }, "Show the secret")),
      tag("h2", {}, "Deliveries"),
      tag("div", { class: "bar", "data-key": "bar" }, chips),
      rows.length ? table(["event of", "type", "state", "attempts", ""], rows) : faint("None."));
  }
  await live(look, signal).catch((error) => {
    if (error.status !== 404) throw error;
    patch(view, tag("h1", { tabindex: "-1" }, name), problem(error.message));
  });
}
