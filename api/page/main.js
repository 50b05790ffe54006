// The console: who looks, and at what. Every view ends when another one begins.

import { audit, auditEvent } from "./audit.js";
import { Refused, session } from "./client.js";
import { faint, problem, tag } from "./dom.js";
import { fleet } from "./fleet.js";
import { instance } from "./instance.js";
import { say } from "./live.js";
import { plan } from "./plan.js";
import { keepTime } from "./time.js";
import { tokens } from "./tokens.js";
import { upgrade } from "./upgrade.js";
import { upgrades } from "./upgrades.js";
import { webhook, webhooks } from "./webhooks.js";

const view = document.getElementById("view");
const who = document.getElementById("who");
const signOut = document.getElementById("sign-out");
let leaving = new AbortController();
let me = null;

// A path's parts, and the view that shows it; the last that fits is taken.
const ROUTES = [
  [/^\/?$/, fleet],
  [/^\/instances\/([^/]+)$/, instance],
  [/^\/instances\/([^/]+)\/upgrade$/, plan],
  [/^\/upgrades$/, upgrades],
  [/^\/upgrades\/([^/]+)$/, upgrade],
  [/^\/audit$/, audit],
  [/^\/audit\/(\d+)$/, auditEvent],
  [/^\/webhooks$/, webhooks],
  [/^\/webhooks\/([^/]+)$/, webhook],
  [/^\/tokens$/, tokens],
];

function title(text) {
  const whole = `${text} · Astrolabe`;
  if (document.title !== whole) document.title = whole;
}

function askForToken(why) {
  me = null;
  title("Sign in");
  frame();
  const field = tag("input", { type: "password", name: "token", placeholder: "astro_…", autocomplete: "current-password", required: true, id: "token", spellcheck: "false" });
  const said = tag("p", { class: "problem", role: "alert" }, why ?? "");
  const form = tag(
    "form",
    { class: "card sign-in" },
    tag("h1", { tabindex: "-1" }, "Sign in"),
    faint("With a token that may read. The browser keeps it in a cookie that no script can read, until you sign out or close it."),
    said,
    tag("label", { for: "token" }, "Token"),
    field,
    tag("button", { class: "main" }, "Sign in"),
  );
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      me = await session.begin(field.value.trim());
      await show();
    } catch (error) {
      said.textContent = error.message;
      field.select();
    }
  };
  view.replaceChildren(form);
  field.focus();
}

function frame() {
  document.body.toggleAttribute("data-signed-in", me !== null);
  who.textContent = me ? `${me.name} · ${me.scopes.join(", ")}` : "";
  signOut.hidden = !me;
  const [, place] = /^#?\/?([^/?]*)/.exec(location.hash);
  for (const each of document.querySelectorAll("nav a")) {
    const here = each.dataset.place.split(" ").includes(place);
    if (here) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
    each.hidden = each.dataset.scope !== undefined && !may(each.dataset.scope);
  }
}

// Also where the scope is for some instances alone: whether it is for this one, the API says.
const may = (scope) => me !== null && me.scopes.some((each) => each === "admin" || each.split(":")[0] === scope);

function found() {
  const [path, query] = location.hash.slice(1).split("?", 2);
  for (const [form, shows] of ROUTES) {
    const parts = form.exec(path);
    if (parts) return { shows, parts: parts.slice(1).map(decodeURIComponent), query: new URLSearchParams(query) };
  }
  return null;
}

async function show() {
  leaving.abort();
  const { signal } = (leaving = new AbortController());
  try {
    if (!me && session.remembered()) me = await session.resume();
    if (!me) return askForToken();
    frame();
    const at = found();
    if (!at) {
      title("Not found");
      return view.replaceChildren(tag("h1", { tabindex: "-1" }, "There is no such page"), faint(tag("a", { href: "#/" }, "Go to the fleet")));
    }
    view.replaceChildren(faint("…"));
    await at.shows({ view, signal, title, say, may, me, query: at.query }, ...at.parts);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof Refused && error.status === 401) return askForToken(session.remembered() ? error.message : undefined);
    const again = tag("button", { onclick: show }, "Try again");
    view.replaceChildren(tag("h1", { tabindex: "-1" }, "This cannot be shown"), problem(error.message), again);
  }
}

// A new page is begun at its top, also by whoever uses a keyboard or hears it.
function go() {
  scrollTo(0, 0);
  show();
  view.focus({ preventScroll: true });
}

signOut.onclick = async () => {
  leaving.abort();
  me = null;
  await session.end().catch(() => {});
  askForToken();
};
addEventListener("hashchange", go);
keepTime();
show();
