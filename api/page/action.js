// An action: a form that says what it does and what is lost, asks for a reason, and shows the command that does the same.

import { send } from "./client.js";
import { faint, tag } from "./dom.js";

// A word as a shell takes it.
export const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

export function copyable(text) {
  const shown = tag("pre", { class: "command", tabindex: "0" }, text);
  const button = tag("button", { type: "button", class: "copy" }, "Copy");
  button.onclick = async () => {
    getSelection().selectAllChildren(shown);
    // Without TLS a browser lends nobody its clipboard; what is selected can be copied by hand.
    const copied = await navigator.clipboard?.writeText(shown.textContent).then(() => true, () => false);
    button.textContent = copied ? "Copied" : "Selected";
  };
  return tag("div", { class: "copyable" }, shown, button);
}

function field({ name, label, type = "text", help, required, options, value }, changed) {
  const id = `field-${name}`;
  const given = { id, name, required, oninput: changed, onchange: changed };
  const input = options
    ? tag("select", given, options.map(([option, text]) => tag("option", { value: option }, text)))
    : type === "area"
      ? tag("textarea", { ...given, rows: 2 })
      : tag("input", { ...given, type, value });
  const labelled = tag("label", { for: id }, label);
  return tag("div", { class: type === "checkbox" ? "field check" : "field" }, ...(type === "checkbox" ? [input, labelled] : [labelled, input]), help && tag("small", {}, help));
}

const REASON = { name: "reason", label: "Why, for the audit trail", type: "area", required: true };

function given(form, fields) {
  const named = ({ name, type }) => {
    const input = form.elements[name];
    return [name, type === "checkbox" ? input.checked : input.value.trim()];
  };
  return Object.fromEntries(fields.map(named));
}

// `action`: title, does, loses, verb, fields, command(values), body(values), path, danger; resolves to the answer, or to
// null where nobody wanted it after all.
export function perform(action) {
  const fields = [...(action.fields ?? []), ...(action.reason === false ? [] : [REASON])];
  const command = copyable("");
  const said = tag("p", { class: "problem", role: "alert" });
  const submit = tag("button", { class: action.danger ? "main danger" : "main" }, action.verb);
  const form = tag("form", {});
  const changed = () => (command.firstChild.textContent = action.command(given(form, fields)));
  const dialog = tag("dialog", { "aria-labelledby": "action-title" }, form);
  form.append(
    tag("h2", { id: "action-title" }, action.title),
    tag("p", {}, action.does),
    ...(action.loses ? [tag("p", { class: "loses" }, tag("strong", {}, "What is lost: "), action.loses)] : []),
    ...fields.map((each) => field(each, changed)),
    faint("The same in a terminal"),
    command,
    said,
    tag("div", { class: "do" }, submit, tag("button", { type: "button", onclick: () => dialog.close() }, "Not now")),
  );
  changed();
  return new Promise((resolve) => {
    let answer = null;
    form.onsubmit = async (event) => {
      event.preventDefault();
      submit.disabled = true;
      try {
        answer = (await send(action.path, action.body(given(form, fields)), action.options)) ?? {};
        dialog.close();
      } catch (error) {
        said.textContent = error.message;
      } finally {
        submit.disabled = false;
      }
    };
    dialog.onclose = () => {
      dialog.remove();
      resolve(answer);
    };
    document.body.append(dialog);
    dialog.showModal();
  });
}

// A button that performs an action, and then calls `done` with what was answered.
export function actionButton(make, done, attributes = {}) {
  const action = make();
  const onclick = async () => {
    const answer = await perform(make());
    // What is shown anew by this is shown by the next change at the latest.
    if (answer) await Promise.resolve(done(answer)).catch(() => {});
  };
  return tag("button", { type: "button", "data-key": action.title, ...attributes, onclick }, action.button ?? action.verb);
}

export const reasoned = ({ reason }) => (reason ? ` --reason ${quoted(reason)}` : ' --reason "…"');
