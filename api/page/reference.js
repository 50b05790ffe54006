// The reference: what the OpenAPI document says, for a reader. The document tells nothing of what runs here, so nobody
// needs a token for it.

import { table, tag } from "./dom.js";
import { anchor, fields, limits, prose, typeOf, words } from "./schema.js";

const PROBLEM = "application/problem+json";
const main = document.getElementById("reference");
const filter = document.getElementById("filter");

const heading = (text, id) => tag("h2", { id }, text);
const jump = (text, id = text) => tag("a", { href: `#${id}` }, text);
const part = (title, ...content) => [tag("h4", {}, title), ...content];

function parameters(operation) {
  const rows = (operation.parameters ?? []).map((each) => [
    tag("span", {}, tag("code", {}, each.name), each.required ? " *" : ""),
    each.in,
    tag("span", {}, ...typeOf(each.schema)),
    tag("span", {}, ...words(each.description), ...limits(each.schema)),
  ]);
  return rows.length ? part("Parameters", table(["Name", "In", "Type", "What it is"], rows)) : [];
}

const contentOf = (body) => Object.values(body?.content ?? {})[0];
const exampleOf = (operation) => contentOf(operation.requestBody)?.schema?.examples?.[0];

function body(operation) {
  const content = contentOf(operation.requestBody);
  if (!content) return [];
  const needed = operation.requestBody.required ? "needed" : "may be left out";
  const example = exampleOf(operation);
  const shown = example ? [tag("pre", {}, JSON.stringify(example, null, 2))] : [];
  return part("Body", tag("p", {}, ...typeOf(content.schema), ` (${needed})`), ...shown);
}

function answers(operation) {
  const good = Object.entries(operation.responses).filter(([, answer]) => !answer.content?.[PROBLEM]);
  const rows = good.map(([status, answer]) => [
    status,
    tag("span", {}, ...(contentOf(answer) ? typeOf(contentOf(answer).schema) : ["nothing"])),
    tag("span", {}, ...words(answer.description), ...headers(answer)),
  ]);
  const shown = good.flatMap(([, answer]) => Object.values(contentOf(answer)?.examples ?? {}));
  const whole = ({ value }) => tag("details", {}, tag("summary", {}, "An example"), tag("pre", {}, JSON.stringify(value, null, 2)));
  return part("Answers", table(["Status", "Holds", "When"], rows), ...shown.map(whole));
}

const headers = (answer) =>
  Object.entries(answer.headers ?? {}).map(([name, each]) =>
    tag("span", { class: "faint limits" }, `${name}: ${each.description ?? ""}`),
  );

function problems(operation) {
  const bad = Object.entries(operation.responses).filter(([, answer]) => answer.content?.[PROBLEM]);
  const rows = bad.flatMap(([status, answer]) =>
    Object.values(answer.content[PROBLEM].examples).map(({ value }) => [
      status,
      tag("a", { href: value.type }, value.type.split("/").pop()),
      value.title,
      tag("span", {}, ...words(value.detail)),
    ]),
  );
  return part("Problems", table(["Status", "Type", "What it means", "What helps"], rows));
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curl(method, path, operation) {
  const example = exampleOf(operation);
  const lines = [
    `curl${method === "get" ? "" : ` -X ${method.toUpperCase()}`} ${location.origin}${path}`,
    ...(operation.security ? ['-H "Authorization: Bearer $ASTROLABE_TOKEN"'] : []),
    ...(example ? [`--json ${quoted(JSON.stringify(example))}`] : []),
  ];
  return tag("pre", {}, lines.join(" \\\n  "));
}

function operationShown(path, method, operation) {
  const scope = operation.security?.flatMap((each) => Object.values(each).flat())[0];
  const who = scope ? ["Needs a token with the scope ", tag("code", {}, scope), "."] : ["Needs no token."];
  return tag(
    "details",
    { id: operation.operationId, "data-operation": `${method} ${path}` },
    tag("summary", {}, tag("span", { class: "method" }, method.toUpperCase()), tag("code", {}, path), ` ${operation.summary}`),
    ...prose(operation.description),
    tag("p", {}, ...who),
    curl(method, path, operation),
    ...parameters(operation),
    ...body(operation),
    ...answers(operation),
    ...problems(operation),
  );
}

function schemaShown(name, schema) {
  return tag(
    "details",
    { id: anchor(name), "data-schema": name },
    tag("summary", {}, tag("code", {}, schema.title)),
    ...prose(schema.description),
    fields(schema),
  );
}

function shown(openapi) {
  const operations = Object.entries(openapi.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [path, method, operation]),
  );
  const groups = openapi.tags.flatMap(({ name, description }) => [
    heading(name, `tag-${name}`),
    ...prose(description),
    ...operations.filter(([, , operation]) => operation.tags.includes(name)).map((each) => operationShown(...each)),
  ]);
  const schemas = Object.entries(openapi.components.schemas);
  const isEvent = ([name, schema]) => name !== schema.title;
  return [
    heading(`${openapi.info.title} ${openapi.info.version}: API reference`),
    ...prose(openapi.info.description),
    tag("p", {}, tag("a", { href: "/schema/openapi.json" }, "The OpenAPI document"), " says the same to a program."),
    tag("nav", {}, ...openapi.tags.map(({ name }) => jump(name, `tag-${name}`)), jump("events"), jump("schemas")),
    ...groups,
    heading("events", "events"),
    ...prose("What the log holds, by type: what `data` has beside it."),
    ...schemas.filter(isEvent).map((each) => schemaShown(...each)),
    heading("schemas", "schemas"),
    ...prose("What bodies and answers are made of; a body needs only the fields with a *."),
    ...schemas.filter((each) => !isEvent(each)).map((each) => schemaShown(...each)),
  ];
}

function open() {
  const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (wanted?.tagName === "DETAILS") wanted.open = true;
  wanted?.scrollIntoView();
}

function hideOthers() {
  const wanted = filter.value.trim().toLowerCase();
  for (const each of main.querySelectorAll("details")) each.hidden = !each.textContent.toLowerCase().includes(wanted);
}

filter.addEventListener("input", hideOthers);

const answer = await fetch("/schema/openapi.json");
main.replaceChildren(...shown(await answer.json()));
// Somebody may have typed before there was anything to hide.
hideOthers();
addEventListener("hashchange", open);
open();
