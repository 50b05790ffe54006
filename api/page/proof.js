// The proof of one event, worked out in this browser: its exact bytes lead to the root that the checkpoint states.

import { hex, Tiles } from "./merkle.js";
import { parseCheckpoint, signedBy } from "./checkpoint.js";

const same = (one, other) => hex(one) === hex(other);

// Whether all that was signed is what is shown; what is shown may also have defaults that an event leaves out.
function within(signed, shown) {
  if (signed === null || typeof signed !== "object") return signed === shown || (typeof signed === "string" && sameMoment(signed, shown));
  if (shown === null || typeof shown !== "object") return false;
  return Object.entries(signed).every(([name, value]) => within(value, shown[name] ?? null));
}

const MOMENT = /^\d{4}-\d\d-\d\dT/;
const sameMoment = (one, other) => MOMENT.test(one) && Date.parse(one) === Date.parse(other);

// The first thing that is shown of an event in another way than its leaf says; null where all of it is the same.
function contradiction(shown, leaf) {
  const { entry, position, recorded_at } = JSON.parse(new TextDecoder().decode(leaf));
  const { type, ...data } = entry.data;
  const signed = { position, recorded_at, id: entry.id, stream_id: entry.stream, version: entry.version, type, actor: entry.actor, reason: entry.reason, data };
  return Object.keys(signed).find((name) => !within(signed[name], shown[name])) ?? null;
}

// `read` gets a file of the tree by its path, as bytes. The answer says what holds, and what does not.
export async function verify(shown, read, key) {
  const note = new TextDecoder().decode(await read("checkpoint"));
  const checkpoint = parseCheckpoint(note);
  if (shown.position >= checkpoint.size) return { holds: false, waits: true, why: "The last checkpoint does not cover it yet; look again in some seconds." };
  const tiles = new Tiles(read, checkpoint.size);
  const leaf = await tiles.leaf(shown.position);
  const root = await tiles.rootWith(leaf, shown.position);
  const found = { size: checkpoint.size, root: hex(checkpoint.root), reached: hex(root), leaf: new TextDecoder().decode(leaf) };
  if (!same(root, checkpoint.root)) return { ...found, holds: false, why: "Its bytes do not lead to the root that was signed: this event, or the tree, was changed." };
  const other = contradiction(shown, leaf);
  if (other) return { ...found, holds: false, why: `What was signed has another ${other} than what is shown here.` };
  if (!key) return { ...found, holds: true, signed: null };
  const signed = await signedBy(checkpoint, key);
  return { ...found, holds: signed, signed, why: signed ? undefined : "The checkpoint is not signed by the key that you gave." };
}
