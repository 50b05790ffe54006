// What a schema of the OpenAPI says, for a reader: its type in words, and its fields as a table.

import { table, tag } from "./dom.js";

const LIMITS = {
  minimum: "from",
  maximum: "to",
  minLength: "characters from",
  maxLength: "characters to",
  minItems: "items from",
  maxItems: "items to",
  pattern: "matches",
};

// Text with `code` in it, as the descriptions have it.
export function prose(text) {
  const paragraphs = (text ?? "").split(/\n\n+/).filter(Boolean);
  return paragraphs.map((each) => tag("p", {}, ...words(each)));
}

export const words = (text) =>
  (text ?? "").split("`").map((part, at) => (at % 2 ? tag("code", {}, part) : part));

const nameOf = (reference) => reference.split("/").pop();
export const anchor = (name) => `schema-${name}`;

function link(reference) {
  const name = nameOf(reference);
  return tag("a", { href: `#${anchor(name)}` }, name);
}

function joined(parts, between) {
  return parts.flatMap((part, at) => (at ? [between, ...part] : part));
}

// A type in words, with links to the schemas that it is made of.
export function typeOf(schema) {
  if (!schema) return ["anything"];
  if (schema.$ref) return [link(schema.$ref)];
  if (schema.allOf) return typeOf(schema.allOf[0]);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return joined(choices.map(typeOf), " or ");
  if (schema.const !== undefined) return [tag("code", {}, JSON.stringify(schema.const))];
  if (schema.enum) return joined(schema.enum.map((each) => [tag("code", {}, each ?? "null")]), " or ");
  if (schema.type === "array") return ["list of ", ...typeOf(schema.items)];
  if (schema.type === "object" && schema.additionalProperties) return ["by name: ", ...typeOf(schema.additionalProperties)];
  return [schema.format ?? schema.type ?? "anything"];
}

export function limits(schema) {
  const said = Object.entries(LIMITS).filter(([key]) => schema[key] !== undefined).map(([key, how]) => `${how} ${schema[key]}`);
  if (schema.default !== undefined && schema.default !== null) said.push(`by default ${JSON.stringify(schema.default)}`);
  return said.length ? [tag("span", { class: "faint limits" }, said.join("; "))] : [];
}

export function fields(schema) {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([name, each]) => [
    tag("span", {}, tag("code", {}, name), required.has(name) ? " *" : ""),
    tag("span", {}, ...typeOf(each)),
    tag("span", {}, ...words(each.description), ...limits(each)),
  ]);
  return rows.length ? table(["Field", "Type", "What it is"], rows) : tag("p", { class: "faint" }, "It has no fields.");
}
