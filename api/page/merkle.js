// The Merkle tree of RFC 6962 over the tiles of C2SP tlog-tiles: the root that the tree has, worked out here from a leaf.

const SIZE = 32;
const HEIGHT = 8;
const WIDTH = 1 << HEIGHT;

async function sha256(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

export const leafHash = (leaf) => sha256(Uint8Array.of(0), leaf);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// The greatest power of two below a size. Sizes are beyond 32 bits some day: no shifts here.
function split(size) {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

function path(level, index, width) {
  const parts = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest; rest = Math.floor(rest / 1000)) parts.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  return `tile/${level}/${parts.join("/")}${width === WIDTH ? "" : `.p/${width}`}`;
}

export class Tiles {
  // `read` gets the bytes of a file of the tree by its path.
  constructor(read, size) {
    this.read = read;
    this.size = size;
    this.tiles = new Map();
  }

  tile(level, index) {
    const hashes = level === "entries" ? this.size : Math.floor(this.size / WIDTH ** level);
    const name = path(level, index, Math.min(WIDTH, hashes - index * WIDTH));
    if (!this.tiles.has(name)) this.tiles.set(name, this.read(name));
    return this.tiles.get(name);
  }

  // The exact bytes of one leaf, from the bundle of entries: each stands behind its length in two bytes.
  async leaf(index) {
    const bundle = await this.tile("entries", Math.floor(index / WIDTH));
    let at = 0;
    for (let left = index % WIDTH; ; left -= 1) {
      const length = bundle[at] * 256 + bundle[at + 1];
      if (!(at + 2 + length <= bundle.length)) throw new Error("The bundle of entries ends too early.");
      if (left === 0) return bundle.subarray(at + 2, at + 2 + length);
      at += 2 + length;
    }
  }

  // The root over the leaves from `first` to before `end`, as the tiles have it.
  async root(first, end) {
    const count = end - first;
    if (Number.isInteger(Math.log2(count)) && first % count === 0) return this.complete(Math.log2(count), first / count);
    const middle = first + split(count);
    return nodeHash(await this.root(first, middle), await this.root(middle, end));
  }

  async complete(level, index) {
    const begin = index * 2 ** (level % HEIGHT);
    const tile = await this.tile(Math.floor(level / HEIGHT), Math.floor(begin / WIDTH));
    let row = Array.from({ length: 2 ** (level % HEIGHT) }, (_, at) => {
      const from = ((begin % WIDTH) + at) * SIZE;
      return tile.subarray(from, from + SIZE);
    });
    while (row.length > 1) {
      const above = [];
      for (let at = 0; at < row.length; at += 2) above.push(await nodeHash(row[at], row[at + 1]));
      row = above;
    }
    return row[0];
  }

  // The root of the whole tree, with this leaf at its place, and the tiles' hashes everywhere else.
  async rootWith(leaf, index, first = 0, end = this.size) {
    if (end - first === 1) return leafHash(leaf);
    const middle = first + split(end - first);
    return index < middle
      ? nodeHash(await this.rootWith(leaf, index, first, middle), await this.root(middle, end))
      : nodeHash(await this.root(first, middle), await this.rootWith(leaf, index, middle, end));
  }
}
