// Patching: what is shown becomes what is wanted with the fewest changes, so that focus, selection, scroll and typed
// text stay. A node is known again by its data-key, else by its place among those of its kind.

const OF_THE_USER = new Set(["open", "value", "checked", "selected"]);
const HANDLERS = ["onclick", "oninput", "onchange", "onsubmit", "onkeydown"];

const keyOf = (node) => node.dataset?.key;
const alike = (live, wanted) => live.nodeName === wanted.nodeName && keyOf(live) === keyOf(wanted);

// A child that is made only where what it shows has changed: `shows` says all that it is made of.
export const part = (name, key, shows, make) => ({ nodeName: name.toUpperCase(), dataset: { key }, shows, make });

const shown = new WeakMap();

function insert(parent, wanted, before) {
  const node = wanted.make ? wanted.make() : wanted;
  if (wanted.make) shown.set(node, wanted.shows);
  parent.insertBefore(node, before);
  return node;
}

function move(parent, node, before) {
  // A node that is only moved keeps its focus, where the browser can do that.
  if (parent.moveBefore && node.isConnected) parent.moveBefore(node, before);
  else parent.insertBefore(node, before);
}

// Lets a node that is somewhere else in the page go on as it is under another parent.
export const adopt = (parent, node) => node && node.parentNode !== parent && move(parent, node, null);

function known(wanted, at, keyed) {
  const key = keyOf(wanted);
  if (key !== undefined) {
    const found = keyed.get(key);
    return found && alike(found, wanted) ? found : null;
  }
  for (let each = at; each; each = each.nextSibling) if (alike(each, wanted)) return each;
  return null;
}

export function patch(parent, ...children) {
  const wanted = children.flat().filter((child) => child !== null && child !== undefined && child !== false);
  const keyed = new Map([...parent.childNodes].filter(keyOf).map((node) => [keyOf(node), node]));
  const kept = new Set();
  let at = parent.firstChild;
  for (const each of wanted) {
    const next = typeof each === "string" ? document.createTextNode(each) : each;
    const found = known(next, at, keyed);
    if (!found || kept.has(found)) {
      kept.add(insert(parent, next, at));
      continue;
    }
    kept.add(found);
    if (found === at) at = at.nextSibling;
    else move(parent, found, at);
    become(found, next);
  }
  for (const node of [...parent.childNodes]) if (!kept.has(node)) node.remove();
}

function become(live, wanted) {
  if (live === wanted) return;
  if (wanted.make) {
    if (shown.get(live) === wanted.shows) return;
    shown.set(live, wanted.shows);
    wanted = wanted.make();
  }
  if (live.nodeType !== Node.ELEMENT_NODE) {
    if (live.data !== wanted.data) live.data = wanted.data;
    return;
  }
  for (const { name } of [...live.attributes]) {
    if (!wanted.hasAttribute(name) && !OF_THE_USER.has(name)) live.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (!OF_THE_USER.has(name) && live.getAttribute(name) !== value) live.setAttribute(name, value);
  }
  for (const name of HANDLERS) if (live[name] !== wanted[name]) live[name] = wanted[name];
  if (!live.hasAttribute("data-own")) patch(live, ...wanted.childNodes);
}
