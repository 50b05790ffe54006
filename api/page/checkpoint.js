// A signed checkpoint (C2SP tlog-checkpoint), and whether a key that you have from elsewhere signed it.

const DASH = "\u2014 ";
const ED25519 = 1;

const bytesOf = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

export function parseCheckpoint(note) {
  const at = note.lastIndexOf("\n\n");
  const [text, below] = [note.slice(0, at + 1), note.slice(at + 2)];
  const [origin, size, root] = text.split("\n");
  if (at < 0 || !/^(0|[1-9]\d{0,15})$/.test(size)) throw new Error("This is no checkpoint.");
  const signatures = below.split("\n").filter((line) => line.startsWith(DASH)).map((line) => {
    const [name, encoded] = line.slice(DASH.length).split(" ");
    return { name, raw: bytesOf(encoded) };
  });
  return { text, origin, size: Number(size), root: bytesOf(root), signatures };
}

// NAME+HASH+KEY, as `astrolabe audit key` prints it.
function parseKey(text) {
  const [name, id, ...rest] = text.trim().split("+");
  const raw = bytesOf(rest.join("+"));
  if (raw.length !== 33 || raw[0] !== ED25519) throw new Error("This is no public key; it looks like NAME+HASH+KEY.");
  return { name, id, raw: raw.subarray(1) };
}

const begins = (raw, id) => [...raw.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("") === id;

// Whether the key signed it; throws where the browser cannot say, or the key is none.
export async function signedBy(checkpoint, keyText) {
  const key = parseKey(keyText);
  const imported = await crypto.subtle.importKey("raw", key.raw, "Ed25519", false, ["verify"]);
  const mine = checkpoint.signatures.filter(({ name, raw }) => name === key.name && begins(raw, key.id));
  const text = new TextEncoder().encode(checkpoint.text);
  const held = await Promise.all(mine.map(({ raw }) => crypto.subtle.verify("Ed25519", imported, raw.subarray(4), text)));
  return key.name === checkpoint.origin && held.length > 0 && held.every(Boolean);
}
