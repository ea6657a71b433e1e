"use strict";
// Filters add up: values of one column are alternatives, columns must all match.
const FILTERS = ["site", "camera", "serials", "owner", "place", "taken", "format", "software", "encoder", "range", "server", "url", "kind", "group"];
const NAMES = { serials: "serial", taken: "date", group: "copies of image", kind: "shared by" };

function valuesOf(row, column) {
  if (column === "kind") return row[COLUMN.group] === null ? [] : figures.groups[row[COLUMN.group]][1];
  const value = row[COLUMN[column]];
  if (column === "group") return value === null ? [] : [String(value)];
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function fits(row, column, wanted) {
  const values = valuesOf(row, column);
  if (column === "taken") return values.some((v) => wanted.some((w) => v.startsWith(w)));
  return values.some((value) => wanted.includes(value));
}

function chosenBy() {
  const columns = new Map();
  for (const { column, value } of state.filters) {
    columns.set(column, [...(columns.get(column) || []), value]);
  }
  return [...columns];
}

function choose(column, value) {
  const known = state.filters.some((f) => f.column === column && f.value === value);
  if (!known) state.filters.push({ column, value });
  changeFilters();
  document.getElementById("records").scrollIntoView();
  document.querySelector(".chip:last-of-type").focus({ preventScroll: true });
}

function changeFilters() {
  update();
  writeHash();
}

function chip(filter) {
  const { column, value } = filter;
  const name = NAMES[column] || column;
  const shown = column === "group" ? `number ${Number(value) + 1}` : shorten(value, 120);
  return make("button", {
    class: "chip",
    type: "button",
    text: `${name}: ${shown} ×`,
    "aria-label": `Remove the filter ${name}: ${shown}`,
    on: {
      click: () => {
        state.filters = state.filters.filter((other) => other !== filter);
        changeFilters();
        (document.querySelector(".chip") || document.getElementById("filter")).focus();
      },
    },
  });
}

// A view is in the address, behind its #, so that it can be sent.
function writeHash() {
  const view = new URLSearchParams(state.filters.map((f) => [f.column, f.value]));
  if (state.text) view.append("words", state.text);
  if (state.has) view.append("with", state.has);
  if (String(view) || location.hash.includes("=")) {
    history.replaceState(null, "", String(view) ? `#${view}` : "#records");
  }
}

function readHash() {
  const view = location.hash.slice(1);
  if (!view.includes("=")) return;
  state.filters = [];
  state.text = "";
  state.has = "";
  for (const [column, value] of new URLSearchParams(view)) {
    if (FILTERS.includes(column)) state.filters.push({ column, value });
    else if (column === "words") state.text = value;
    else if (column === "with" && Object.hasOwn(HAS, value)) state.has = value;
  }
  document.getElementById("filter").value = state.text;
  const format = state.filters.find((f) => f.column === "format");
  document.getElementById("format-choice").value = format ? format.value : "";
  document.getElementById("with-choice").value = state.has;
}

// Rankings count the records that are shown; without a filter, all of the report.
const FOLLOWED = {
  "site-rank": ["Site", "site", "No site."],
  "camera-rank": ["Camera", "camera", "No image names a camera."],
  "software-rank": ["Software", "software", "No image names the software that wrote it."],
  "encoder-rank": ["JPEG encoder", "encoder", "No JPEG has its tables in the bytes that were read."],
  "format-rank": ["Format", "format", "No record."],
  "range-rank": ["How servers sent parts of files", "range", "No record says how its bytes were sent."],
  "server-rank": ["Server", "server", "No server names itself."],
  "owner-rank": ["Owners named", "owner", "No image names an owner."],
};

function drawFollowed() {
  const filtered = state.rows.length !== state.shown.length;
  if (!filtered && !state.followed) return;
  state.followed = filtered;
  for (const [id, [title, column, empty]] of Object.entries(FOLLOWED)) {
    if (!filtered) place(id, rank(title, column, column, empty));
    else {
      const counts = new Map();
      for (const row of state.shown) {
        for (const value of valuesOf(row, column)) counts.set(value, (counts.get(value) || 0) + 1);
      }
      const rows = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 300);
      const none = "None of the records of the filter has this.";
      place(id, rank(title, column, column, none, rows, counts.size));
    }
  }
}
