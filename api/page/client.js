// The API, asked with the token of whoever looks. The token stays in this tab, and goes when it is closed.

const KEY = "astrolabe-token";
const PAUSE_MS = 1000;

export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    this.status = status;
  }
}

async function ask(path, headers, signal) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${token.get()}`, ...headers }, signal });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
  return answer;
}

export const get = async (path, signal) => (await ask(path, { Accept: "application/json" }, signal)).json();

// Calls `heard` with each event after `last`, and `ticked` with how far the step under way is, across breaks of the
// connection, until the server says that it was all.
export async function follow(path, last, { heard, ticked }, signal) {
  while (!signal.aborted) {
    try {
      const answer = await ask(path, { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) }, signal);
      if (answer.status === 204) return;
      for await (const event of events(answer.body)) {
        if (event.event === "progress") {
          ticked(JSON.parse(event.data));
        } else {
          last = event.id;
          heard(JSON.parse(event.data));
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && error.status < 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

// Server-sent events (WHATWG HTML, section 9.2) of a stream of bytes; the browser's own EventSource sends no token.
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
