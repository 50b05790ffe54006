// The page: who looks, and at what. Every view ends when another one begins.

import { Refused, token } from "./client.js";
import { tag } from "./dom.js";
import { showInstance, showInstances } from "./instances.js";
import { showUpgrade } from "./upgrade.js";

const view = document.getElementById("view");
const signOut = document.getElementById("sign-out");
let leaving = new AbortController();

function askForToken(why) {
  const field = tag("input", { type: "password", name: "token", placeholder: "astro_…", autocomplete: "off", required: "", "aria-label": "Token" });
  const form = tag("form", {}, tag("p", {}, why), field, " ", tag("button", {}, "Look"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    token.set(field.value.trim());
    show();
  });
  view.replaceChildren(tag("h2", {}, "Who looks?"), form);
  field.focus();
}

function shown(hash, signal) {
  const [, kind, name] = hash.slice(1).split("/").map(decodeURIComponent);
  if (kind === "upgrades" && name) return showUpgrade(view, name, signal);
  if (kind === "instances" && name) return showInstance(view, name, signal);
  return showInstances(view, signal);
}

async function show() {
  leaving.abort();
  const { signal } = (leaving = new AbortController());
  signOut.hidden = !token.get();
  if (!token.get()) return askForToken("A token with the scope read is enough; it stays in this tab.");
  try {
    await shown(location.hash, signal);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof Refused && error.status === 401) {
      token.forget();
      signOut.hidden = true;
      return askForToken(error.message);
    }
    const again = tag("button", {}, "Try again");
    again.addEventListener("click", show);
    view.replaceChildren(tag("p", { class: "problem" }, error.message), again);
  }
}

signOut.addEventListener("click", () => {
  token.forget();
  show();
});
addEventListener("hashchange", show);
show();
