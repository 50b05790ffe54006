// Registering an instance that already runs: what has to be said of it, and the command that says the same.

import { perform, quoted, reasoned } from "./action.js";
import { get } from "./client.js";
import { tag } from "./dom.js";

const KINDS = [["npx", "npx: a package from npm"], ["compose", "compose: a project of containers"], ["cli", "cli: a command line"]];
const APPROVALS = [["never", "none"], ["breaking", "those that are breaking"], ["always", "every one"]];

const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

function pairs(text) {
  return Object.fromEntries(lines(text).map((line) => {
    const [name, ...value] = line.split("=");
    if (!value.length) throw new Error(`${line} is not NAME=VALUE.`);
    return [name, value.join("=")];
  }));
}

// A password is named, and never carried: what is sent here stays in the log for ever.
function database(text, password) {
  const form = "Write the database as postgresql://USER@HOST:PORT/DATABASE.";
  if (!URL.canParse(text)) throw new Error(form);
  const { protocol, username, password: carried, hostname, port, pathname, searchParams } = new URL(text);
  const { host = hostname, ...parameters } = Object.fromEntries(searchParams);
  if (carried || parameters.password) throw new Error("Leave the password out; say where a worker finds it.");
  const name = decodeURIComponent(pathname.slice(1));
  if (!/^postgres(ql)?:$/.test(protocol) || !username || !host || !name) throw new Error(form);
  return {
    name, user: decodeURIComponent(username), host, port: Number(port || 5432),
    ...(password && { password }), ...(Object.keys(parameters).length && { parameters }),
  };
}

const body = (values) => ({
  name: values.name,
  product: values.product,
  kind: values.kind,
  host: values.host || "local",
  reason: values.reason,
  approvals: { when: values.approvals },
  ...(values.version && { version: values.version }),
  ...(values.port && { port: Number(values.port) }),
  ...(values.database && { database: database(values.database, values.password_from) }),
  ...(values.project_folder && { compose: { folder: values.project_folder, name: values.project_name, ...(values.service && { service: values.service }) } }),
  ...(values.settings && { settings: pairs(values.settings) }),
  ...(values.secrets && { secrets: pairs(values.secrets) }),
});

const OPTIONS = ["product", "version", "kind", "host", "port", "database", "password_from", "project_folder", "project_name", "service", "approvals"];

function command(values) {
  const defaults = { kind: "npx", host: "local", approvals: "never" };
  const options = OPTIONS.filter((name) => values[name] && values[name] !== defaults[name]).map((name) => `--${name.replaceAll("_", "-")} ${quoted(values[name])}`);
  const many = (option, text) => lines(text ?? "").map((line) => `${option} ${quoted(line)}`);
  return ["astrolabe register", quoted(values.name || "NAME"), ...options, ...many("--set", values.settings), ...many("--secret", values.secrets)].join(" ") + reasoned(values);
}

const form = (products) => ({
  title: "Register an instance",
  verb: "Register",
  does: "Astrolabe knows of it from now on, and of how to reach it. Nothing that runs is touched.",
  path: "/instances",
  fields: [
    { name: "name", label: "Name", required: true, help: "Lower case letters, digits and -." },
    { name: "product", label: "Product", options: products.map((each) => [each.name, each.title]) },
    { name: "kind", label: "How it is deployed", options: KINDS },
    { name: "version", label: "The version that runs", help: "Where it is empty, a worker on its host finds out." },
    { name: "host", label: "Host", value: "local", help: "The name of the worker on the host that it runs on." },
    { name: "port", label: "Port", type: "number" },
    { name: "database", label: "Database", help: "postgresql://USER@HOST:PORT/DATABASE, without a password." },
    { name: "password_from", label: "Where a worker finds its password", help: "env:ASTROLABE_SECRET_NAME or file:/run/secrets/name" },
    { name: "project_folder", label: "Folder of the compose project, if it is one" },
    { name: "project_name", label: "Name of the compose project" },
    { name: "service", label: "The gateway's service in it", help: "gateway, where it is empty." },
    { name: "settings", label: "Settings, NAME=VALUE, one a line", type: "area", help: "They stay in the log: no place for a secret." },
    { name: "secrets", label: "Secret settings, NAME=env:… or NAME=file:/…, one a line", type: "area" },
    { name: "approvals", label: "Which upgrades wait for somebody's approval", options: APPROVALS },
  ],
  body,
  command,
});

// The products that can be chosen from are asked for when somebody wants to choose.
export function registerButton(may, done) {
  const onclick = async () => {
    const { items } = await get("/products");
    const made = await perform(form(items));
    if (made) done(made);
  };
  return tag("button", { type: "button", "data-key": "register", disabled: !may("configure"), onclick }, "Register an instance");
}
