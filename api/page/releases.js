// Releases, with what a person should know of each.

import { faint, tag } from "./dom.js";

function release(each) {
  const marks = [each.breaking && "breaking", each.required_stop && "must run once"].filter(Boolean).join(", ");
  return tag(
    "details",
    { class: each.breaking ? "release breaking" : "release", "data-key": `release ${each.version}` },
    tag("summary", {}, each.version, marks && tag("small", {}, ` ${marks}`)),
    tag("p", { class: "notes" }, each.notes || "No notes are known."),
    each.rollback && tag("p", { class: "notes" }, `Going back: ${each.rollback}`),
    each.url && tag("a", { href: each.url, rel: "noreferrer" }, "The notes in full"),
  );
}

export const releases = (list) =>
  list.length ? tag("div", { class: "releases" }, list.map(release)) : faint("No release on the way is described.");
