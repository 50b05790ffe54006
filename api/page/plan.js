// The plan first: what an upgrade would do, what past ones took, and only then the form that asks for it.

import { copyable, quoted } from "./action.js";
import { get, send } from "./client.js";
import { faint, link, problem, seconds, table, tag } from "./dom.js";
import { newer } from "./instance.js";
import { of, ofUpgrade } from "./fleet.js";
import { patch } from "./patch.js";
import { releases } from "./releases.js";

const WAYS = { verified: "others are let in once it is verified", "at-once": "others are let in at once" };

function took({ cutovers }) {
  if (!cutovers.length) return null;
  const rows = cutovers.map((each) => [
    `${WAYS[each.cutover]}${each.chosen ? " (as it is registered)" : ""}`,
    each.downtime_ms === null ? "never measured" : `${seconds(each.downtime_ms)}, the median of ${each.upgrades} ${each.measured_on === "instance" ? "here" : "of others on this host"}`,
    each.may_lose,
  ]);
  return tag("section", {}, tag("h2", {}, "What past upgrades took"), table(["way", "nobody is served for", "what could be lost"], rows));
}

function planned(plan) {
  const breaking = plan.breaking === null ? "Nobody knows whether a release on the way is breaking." : plan.breaking.length ? `Breaking: ${plan.breaking.join(", ")}.` : "No release on the way is breaking.";
  return [
    tag("h2", {}, `${plan.from_version} → ${plan.legs.join(" → ")}`),
    tag("p", { class: plan.breaking?.length ? "problem" : null }, breaking),
    faint(`Approval: ${plan.approval}. Ticket: ${plan.ticket}.`),
    took(plan),
    tag("section", {}, tag("h2", {}, "Releases on the way"), releases(plan.releases)),
    plan.migrations.length ? tag("section", {}, tag("h2", {}, "Migrations"), table(["type", "blocks", "why"], plan.migrations.map((each) => [each.type, each.blocks, each.why]))) : null,
    tag("section", {}, tag("h2", {}, "Steps"), table(["step", "does", "may fail into"], plan.steps.map((each) => [each.step, each.does, each.may_fail_into]))),
    tag("details", {}, tag("summary", {}, `${plan.commands.length} commands will run`), tag("pre", { tabindex: "0" }, plan.commands.map((each) => `# ${each.step}\n${each.argv.join(" ")}`).join("\n"))),
  ];
}

export async function plan({ view, signal, title, say, may }, name) {
  title(`Plan an upgrade of ${name}`);
  const instance = await get(`/instances/${encodeURIComponent(name)}`, signal);
  const product = await get(`/products/${encodeURIComponent(instance.product)}`, signal).catch(() => null);
  const ahead = newer(product, instance.version).toReversed();
  const target = tag("input", { id: "target", name: "target", required: true, list: "targets", value: ahead[0]?.version ?? "latest", autocomplete: "off" });
  const said = tag("p", { class: "problem", role: "alert" });
  const shown = tag("div", {});
  const ask = tag("form", { class: "bar" }, tag("label", { for: "target" }, "To"), target,
    tag("datalist", { id: "targets" }, ["latest", ...ahead.map((each) => each.version)].map((value) => tag("option", { value }))),
    tag("button", { class: "main" }, "Show the plan"));

  ask.onsubmit = async (event) => {
    event.preventDefault();
    said.textContent = "";
    try {
      const acknowledge = ahead.filter((each) => each.breaking).map((each) => each.version);
      const body = { instance: name, target: target.value.trim(), validate_only: true, acknowledge_breaking: acknowledge };
      const found = await send("/upgrades", body, { once: false });
      patch(shown, ...planned(found), request(found));
      say(`The plan of ${name} to ${found.target} is shown`);
    } catch (error) {
      patch(shown);
      said.textContent = error.message;
    }
  };

  function request(found) {
    const breaking = found.breaking ?? [];
    const field = (id, label, attributes = {}) => tag("div", { class: "field" }, tag("label", { for: id }, label), tag("input", { id, name: id, ...attributes }));
    const check = (id, label, attributes = {}) => tag("div", { class: "field check" }, tag("input", { type: "checkbox", id, name: id, ...attributes }), tag("label", { for: id }, label));
    const command = copyable("");
    const refused = tag("p", { class: "problem", role: "alert" });
    const form = tag("form", { class: "card", "data-key": `ask ${found.target} ${Date.now()}` },
      tag("h2", {}, "Ask for it"),
      tag("p", { class: "loses" }, tag("strong", {}, "What is lost: "), "no write; nobody is served while the instance is stopped. A failure before others are let in goes back by itself."),
      breaking.map((version) => check(`breaking-${version}`, `I know that ${version} is breaking, and what it asks for`, { required: true })),
      tag("div", { class: "field" }, tag("label", { for: "reason" }, "Why, for the audit trail"), tag("textarea", { id: "reason", name: "reason", rows: 2, required: true })),
      field("ticket", "Ticket, if it has one"),
      field("impact", "What it means for those who use it"),
      check("emergency", "Emergency: run now, approved by nobody; somebody else must review it"),
      faint("The same in a terminal"), command, refused,
      tag("div", { class: "do" }, tag("button", { class: "main", disabled: !may("operate") }, "Upgrade"), tag("a", { class: "button", href: of(name) }, "Not now")),
    );
    const values = () => ({
      instance: name, target: found.target, reason: form.elements.reason.value.trim(),
      ...(form.elements.ticket.value.trim() && { ticket: form.elements.ticket.value.trim() }),
      ...(form.elements.impact.value.trim() && { impact: form.elements.impact.value.trim() }),
      acknowledge_breaking: breaking, emergency: form.elements.emergency.checked,
    });
    const typed = () => {
      const { reason, ticket, impact, emergency } = values();
      const options = [["--reason", reason || "…"], ...breaking.map((version) => ["--acknowledge-breaking", version]), ["--ticket", ticket], ["--impact", impact]];
      const words = options.filter(([, value]) => value).map(([option, value]) => `${option} ${quoted(value)}`);
      command.firstChild.textContent = ["astrolabe upgrade", quoted(name), quoted(found.target), ...words, emergency && "--emergency", "--yes"].filter(Boolean).join(" ");
    };
    form.oninput = typed;
    form.onsubmit = async (event) => {
      event.preventDefault();
      try {
        location.hash = ofUpgrade((await send("/upgrades", values())).id);
      } catch (error) {
        refused.textContent = error.message;
      }
    };
    typed();
    return form;
  }

  patch(view, tag("h1", { tabindex: "-1" }, `Plan an upgrade of ${name}`),
    faint(link(of(name), name), ` runs ${instance.version}`),
    may("operate") ? ask : problem("Your token lacks the scope operate, which plans and asks for upgrades."), said, shown);
}
