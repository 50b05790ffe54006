// The verbs on an upgrade: what each does, what is lost by it, and how it is typed.

import { actionButton, reasoned } from "./action.js";

// What the last attempt to go back has counted, by table; it is counted again before anything is touched.
function behind({ error }) {
  if (error?.code !== "writes-would-be-lost") return null;
  return `what was written since and stays behind in a database kept aside, as it was counted last: ${error.seen.join(", ") || "an unknown number of writes"}.`;
}

const VERBS = {
  approve: (operation) => ({
    verb: "Approve",
    does: "You agree with this plan. Once all who must agree have done so, the upgrade goes on at once, with exactly what the plan says.",
    loses: "no data; nobody is served while the instance is stopped.",
    command: (values) => `astrolabe approve ${operation.id}${reasoned(values)} --yes`,
    options: { etag: operation.etag },
  }),
  reject: (operation) => ({
    verb: "Reject",
    does: "You refuse this plan. Nothing is touched, and the instance goes on as it is.",
    loses: "nothing; whoever asked can ask again.",
    command: (values) => `astrolabe reject ${operation.id}${reasoned(values)}`,
    options: { etag: operation.etag },
  }),
  review: (operation) => ({
    verb: "Review",
    does: "You say what you think of an upgrade that could not wait for its approval. It changes nothing but the trail.",
    loses: "nothing.",
    fields: [{ name: "verdict", label: "Your verdict", options: [["accepted", "accepted"], ["objected", "objected"]] }],
    body: ({ verdict, reason }) => ({ verdict, reason }),
    command: (values) => `astrolabe review ${operation.id} ${values.verdict}${reasoned(values)}`,
  }),
  cancel: (operation) => ({
    verb: "Cancel",
    title: "Cancel this upgrade",
    button: "Cancel the upgrade",
    danger: true,
    does: "Before the old version is stopped the upgrade just ends. After that the instance goes back to the old version with all its data.",
    loses: "what was done so far; on the way back nobody is served for as long as it takes.",
    command: (values) => `astrolabe cancel ${operation.id}${reasoned(values)} --yes`,
  }),
  retry: (operation) => ({
    verb: "Retry",
    does: operation.status === "inconsistent"
      ? "The way back is tried again, from what you put right by hand."
      : "The upgrade is begun anew, from preflight on, with a plan of its own.",
    loses: "no data; nobody is served while the instance is stopped.",
    command: (values) => `astrolabe retry ${operation.id}${reasoned(values)} --yes`,
  }),
  rollback: (operation) => ({
    verb: "Roll back",
    danger: true,
    does: `The instance goes back to ${operation.from_version}, with its database as it was when it was stopped for this upgrade.`,
    loses: behind(operation) ?? "what was written since stays behind in a database kept aside. It is counted first: without the box below nothing happens where there is any.",
    fields: [{ name: "accept_lost_writes", label: "Go back although writes stay behind", type: "checkbox" }],
    body: ({ accept_lost_writes, reason }) => ({ accept_lost_writes, reason }),
    command: (values) => `astrolabe rollback ${operation.id}${values.accept_lost_writes ? " --accept-lost-writes" : ""}${reasoned(values)} --yes`,
  }),
};

const NEEDED = { approve: "approve", reject: "approve", review: "approve" };

// The buttons of what an upgrade would accept now from whoever looks.
export function verbs(operation, may, done) {
  return Object.entries(VERBS)
    .filter(([name]) => operation.links[name])
    .map(([name, make]) => {
      const whole = () => {
        const action = make(operation);
        return { title: `${action.verb} this upgrade`, body: ({ reason }) => ({ reason }), path: operation.links[name], ...action };
      };
      const allowed = may(NEEDED[name] ?? "operate");
      const title = allowed ? undefined : `Your token lacks the scope ${NEEDED[name] ?? "operate"}.`;
      return actionButton(whole, done, { disabled: !allowed, title, class: name === "approve" ? "main" : null });
    });
}

// The same as they are typed, for whoever may not, or would rather.
export const typed = (operation) =>
  Object.entries(VERBS).filter(([name]) => operation.links[name]).map(([, make]) => make(operation).command({ reason: "", verdict: "accepted" }));
