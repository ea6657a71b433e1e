"use strict";
// Values are metadata of strangers: they become text nodes, never markup.
const figures = JSON.parse(document.getElementById("figures").textContent);
const COLUMN = Object.fromEntries(figures.columns.map((name, i) => [name, i]));
const counted = new Intl.NumberFormat("en");

// Characters that would turn or hide the text around them are shown by number.
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Cs}/gu;
function visible(text) {
  const name = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return String(text).replace(UNSEEN, name);
}

function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "text") element.textContent = visible(value);
    else if (name === "on") {
      for (const [event, run] of Object.entries(value)) {
        element.addEventListener(event, run);
      }
    } else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function place(id, ...children) {
  document.getElementById(id).replaceChildren(...children);
}

function panel(title, ...children) {
  return make("div", { class: "panel" }, make("h3", { text: title }), ...children.filter((child) => child !== null));
}

function bytes(n) {
  if (n === null || n === undefined) return "unknown";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1000;
    unit += 1;
  }
  return `${n < 10 && unit ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

function plural(n, one, many) {
  return `${counted.format(n)} ${n === 1 ? one : many}`;
}

function few(names, most = 3) {
  const more = names.length - most;
  return names.slice(0, most).join(", ") + (more > 0 ? ` and ${counted.format(more)} more` : "");
}

function shorten(text, most) {
  const letters = Array.from(text);
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

// A table that begins with `few` rows and shows the others on request.
function table(caption, heads, rows, start = 10) {
  const body = make("tbody");
  const show = (from, to) => body.append(...rows.slice(from, to).map((row) => row()));
  show(0, start);
  const element = make(
    "table",
    {},
    make("caption", { class: "hidden", text: caption }),
    make("thead", {}, make("tr", {}, ...heads)),
    body,
  );
  if (rows.length <= start) return [element];
  const more = make("button", {
    class: "small more",
    type: "button",
    text: `Show ${plural(rows.length - start, "more row", "more rows")}`,
    on: {
      click: () => {
        const first = body.children.length;
        show(start);
        more.remove();
        body.children[first].querySelector("button")?.focus();
      },
    },
  });
  return [element, more];
}

function head(text, number = false, kind = null) {
  return make("th", { scope: "col", class: number ? "number" : kind, text });
}

// Counts by value, most first; a value filters the records when it is chosen.
function rank(title, name, column, empty, rows = figures.rank[name] || [], distinct = figures.distinct[name]) {
  if (!rows.length) return panel(title, make("p", { class: "empty", text: empty }));
  const most = Math.max(...rows.map(([, n]) => n));
  const total = Math.max(distinct || 0, rows.length);
  const parts = rows.map(([value, n]) => () => {
    const bar = make("div");
    bar.style.width = `${(100 * n) / most}%`;
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, chooser(column, value)),
      make("td", { class: "number", text: counted.format(n) }),
      make("td", { class: "bar", "aria-hidden": "true" }, bar),
    );
  });
  const blank = make("td", { class: "bar", "aria-hidden": "true" });
  const element = table(title, [head(title), head("images", true), blank], parts);
  element[0].className = "rank";
  const columns = [null, "number", "bar"].map((kind) => make("col", { class: kind }));
  element[0].caption.after(make("colgroup", {}, ...columns));
  // Its title is just above.
  element[0].tHead.className = "hidden";
  const cut = total > rows.length ? `The first ${rows.length} of ${counted.format(total)}.` : null;
  return panel(title, ...element, cut && make("p", { class: "quiet", text: cut }));
}

function chooser(column, value) {
  return make("button", {
    class: "plain",
    type: "button",
    text: shorten(value, 200),
    on: { click: () => choose(column, value) },
  });
}
