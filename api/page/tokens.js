// Tokens: who may do what, and since when nobody has used it.

import { actionButton, copyable, quoted } from "./action.js";
import { get } from "./client.js";
import { faint, table, tag } from "./dom.js";
import { live } from "./live.js";
import { patch } from "./patch.js";
import { moment } from "./time.js";

const SCOPES = { read: "see everything but secrets", configure: "register and change", operate: "upgrade and roll back", approve: "approve what others asked for", admin: "everything, tokens included" };
const DAY_MS = 86_400_000;

const chosen = (values) => [...Object.keys(SCOPES).filter((scope) => values[scope]), ...(values.bound ?? "").split(/\s+/).filter(Boolean)];

const make = () => ({
  title: "Make a token",
  verb: "Make",
  does: "Its name is the actor of all that is done with it. Its secret is shown once, here, and is stored nowhere.",
  path: "/tokens",
  options: { once: false },
  fields: [
    { name: "name", label: "Name", required: true, help: "Lower case letters, digits and -." },
    ...Object.entries(SCOPES).map(([scope, may]) => ({ name: scope, label: `${scope}: ${may}`, type: "checkbox" })),
    { name: "bound", label: "Scopes for instances with labels alone", help: "Such as operate:team=payments" },
    { name: "person", label: "The person that it belongs to, if it is one's" },
    { name: "days", label: "Days until it ends by itself; empty for never", type: "number" },
  ],
  body: (values) => ({ name: values.name, scopes: chosen(values), person: values.person || null, reason: values.reason, expires_at: values.days ? new Date(Date.now() + Number(values.days) * DAY_MS).toISOString() : null }),
  command: (values) => `astrolabe token create ${quoted(values.name || "NAME")}${chosen(values).map((scope) => ` --scope ${quoted(scope)}`).join("")}${values.person ? ` --person ${quoted(values.person)}` : ""}${values.days ? ` --expires-in ${values.days}` : ""}`,
});

const revoke = (each) => () => ({
  title: `Revoke ${each.name}`,
  button: "Revoke",
  verb: "Revoke",
  danger: true,
  does: "It is good for nothing from now on, and whoever is signed in with it is signed out.",
  loses: "the token; its name is free again.",
  path: `/tokens/${each.id}/revoke`,
  body: ({ reason }) => ({ reason }),
  command: () => `astrolabe token revoke ${each.name} --yes`,
});

export async function tokens({ view, signal, title, say }) {
  title("Tokens");
  let made = null;

  async function look() {
    const { items } = await get("/tokens", signal);
    if (signal.aborted) return;
    const rows = items.map((each) => [
      each.name, each.person ?? each.service, each.scopes.join(", "), each.expires_at ? moment(each.expires_at) : "never",
      each.last_used_at ? moment(each.last_used_at) : "not known", actionButton(revoke(each), look, { "data-key": each.id }),
    ]);
    const issued = (answer) => {
      made = answer;
      say(`The token ${answer.name} is made`);
      return look();
    };
    patch(view, tag("h1", { tabindex: "-1" }, "Tokens"),
      made && tag("section", { class: "card good", "data-key": `made ${made.id}` }, tag("h2", {}, `The secret of ${made.name}`), faint("It is shown this once."), copyable(made.secret)),
      table(["name", "whose", "may", "ends", "last used", ""], rows),
      tag("div", { class: "do", "data-key": "do" }, actionButton(make, issued, { class: "main" })));
  }

  await live(look, signal);
}
