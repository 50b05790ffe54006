// The API, asked as whoever is signed in: the browser keeps the token in a cookie that no script can read.

const KEY = "astrolabe-signed-in";
const PAUSE_MS = 1000;
const CONSOLE = { "X-Astrolabe-Console": "1" };

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    this.status = status;
    this.name = (problem.type ?? "").replace("/problems/", "");
  }
}

async function ask(path, { headers, ...options }) {
  const answer = await fetch(path, { headers: { Accept: "application/json", ...headers }, ...options });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
  return answer;
}

export const raw = (path, signal, accept = "*/*") => ask(path, { headers: { Accept: accept }, signal });
export const get = async (path, signal) => (await ask(path, { signal })).json();

// An answer with the ETag that a decision on it may rest on.
export async function tagged(path, signal) {
  const answer = await ask(path, { signal });
  return { ...(await answer.json()), etag: answer.headers.get("ETag") };
}

// A change; asked with a key of its own, so that what the network swallows can be asked again.
export async function send(path, body, { method = "POST", etag, once = true } = {}) {
  const headers = {
    ...CONSOLE,
    "Content-Type": "application/json",
    ...(once && { "Idempotency-Key": unique() }),
    ...(etag && { "If-Match": etag }),
  };
  const answer = await ask(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  return answer.status === 204 ? null : answer.json();
}

// Not crypto.randomUUID, which a browser lacks where the page came without TLS.
const unique = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export async function all(path, signal) {
  const items = [];
  for (let next = path; next; ) {
    const page = await get(next, signal);
    items.push(...page.items);
    next = page.next;
  }
  return items;
}

export const session = {
  // Only whether somebody signed in here is kept, so that nobody else's first look counts as a refusal.
  remembered: () => localStorage.getItem(KEY) !== null,
  resume: () => get("/session"),
  async begin(token) {
    const found = await send("/sign-in", { token }, { once: false });
    localStorage.setItem(KEY, found.name);
    return found;
  },
  async end() {
    localStorage.removeItem(KEY);
    await send("/sign-out", undefined, { once: false });
  },
};

// Calls what `on` names for each event after `last`, across breaks of the connection, until the server says that it was
// all, and returns the last event's id; `on.default` hears those that it does not name.
export async function follow(path, last, on, signal) {
  while (!signal.aborted) {
    try {
      const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
      const answer = await ask(path, { headers, signal });
      if (answer.status === 204) return last;
      for await (const event of events(answer.body)) {
        if (event.id) last = event.id;
        (on[event.event] ?? on.default)?.(JSON.parse(event.data));
      }
    } catch (error) {
      if (signal.aborted) return last;
      if (error instanceof Refused && error.status < 500) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return last;
}

// Server-sent events (WHATWG HTML, section 9.2) of a stream of bytes; the browser's own EventSource does not say why it
// was refused.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const event = Object.fromEntries(
        block.split("\n").filter((line) => !line.startsWith(":")).map((line) => line.split(/: (.*)/s, 2)),
      );
      if (event.data) yield event;
    }
  }
}
