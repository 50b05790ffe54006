// Living views: read what a view shows, show it, and read it again when something has changed.

import { follow } from "./client.js";

const GATHER_MS = 150;

// Changes come in heaps, and one look shows them all: no look begins before the last one has ended.
export function gathered(look) {
  let running = null;
  let again = false;
  return function ask() {
    if (running) {
      again = true;
      return running;
    }
    running = look().finally(() => {
      running = null;
      if (again) {
        again = false;
        setTimeout(() => ask().catch(() => {}), GATHER_MS);
      }
    });
    return running;
  };
}

export async function live(look, signal) {
  let failed;
  const broken = new Promise((_, reject) => (failed = reject));
  const ask = gathered(async () => {
    try {
      if (!signal.aborted) await look();
    } catch (error) {
      if (!signal.aborted) failed(error);
    }
  });
  await Promise.race([ask(), broken]);
  await Promise.race([follow("/changes", null, { changed: ask }, signal), broken]);
}

// What changed, for whoever does not see it: one sentence at a time.
export function say(text) {
  const heard = document.getElementById("heard");
  if (heard.textContent !== text) heard.textContent = text;
}
