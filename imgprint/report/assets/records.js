"use strict";
const PAGE = 50;
const state = { rows: [], shown: [], text: "", filters: [], has: "", page: 0 };
state.sort = { column: "url", down: false };
const HAS = {
  position: (row) => row[COLUMN.place],
  camera: (row) => row[COLUMN.camera],
  "serial number": (row) => row[COLUMN.serials].length,
  date: (row) => row[COLUMN.taken],
  software: (row) => row[COLUMN.software],
};
const HEADS = [
  ["url", "image", ""],
  ["format", "format", ""],
  ["size", "size", "number"],
  ["width", "pixels", "number wide-only"],
  ["camera", "camera", "wide-only"],
  ["taken", "taken", "wide-only"],
];

async function unpack(element) {
  const data = Uint8Array.from(atob(element.textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

async function load() {
  const parts = document.querySelectorAll("script.rows");
  for (const part of parts) {
    for (const row of await unpack(part)) {
      // What the search looks at, and where the rest of the record is.
      row.text = row.flat().filter((v) => typeof v === "string").join("\n").toLowerCase();
      row.index = state.rows.length;
      state.rows.push(row);
    }
    part.remove();
    if (state.rows.length === figures.chunk) update();
    await new Promise((next) => setTimeout(next));
  }
  state.loaded = true;
  update();
}

function update(page = 0) {
  const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = chosenBy();
  state.shown = state.rows.filter(
    (row) =>
      (!state.has || HAS[state.has](row)) &&
      chosen.every(([column, wanted]) => fits(row, column, wanted)) &&
      words.every((word) => row.text.includes(word)),
  );
  drawFollowed();
  const column = COLUMN[state.sort.column];
  const sign = state.sort.down ? -1 : 1;
  state.shown.sort((a, b) => sign * compare(a[column], b[column], sign) || a.index - b.index);
  state.page = page;
  draw();
}

// What is not known comes last, whichever the direction.
function compare(a, b, sign) {
  if (a === b) return 0;
  if (a === null || a === undefined) return sign;
  if (b === null || b === undefined) return -sign;
  return a < b ? -1 : 1;
}

function draw() {
  const pages = Math.max(1, Math.ceil(state.shown.length / PAGE));
  const from = state.page * PAGE;
  const rows = state.shown.slice(from, from + PAGE);
  document.querySelector(".records tbody").replaceChildren(...rows.flatMap(recordRow));
  for (const cell of document.querySelectorAll(".records thead th")) {
    const active = cell.dataset.column === state.sort.column;
    const way = state.sort.down ? "descending" : "ascending";
    cell.setAttribute("aria-sort", active ? way : "none");
    const arrow = cell.querySelector("span");
    arrow.textContent = active ? (state.sort.down ? " ↓" : " ↑") : "";
  }
  const all = state.loaded ? counted.format(state.rows.length) : "… reading";
  document.getElementById("shown").textContent =
    `${counted.format(state.shown.length)} of ${all} records, ` +
    `page ${counted.format(state.page + 1)} of ${counted.format(pages)}`;
  document.getElementById("previous").disabled = state.page === 0;
  document.getElementById("next").disabled = state.page + 1 >= pages;
  place("chosen", ...state.filters.map(chip));
}

function recordRow(row) {
  const size = row[COLUMN.width] && row[COLUMN.height];
  const cell = (text, kind) => make("td", { class: kind || null, text: text ?? "" });
  const button = make("button", {
    class: "plain url",
    type: "button",
    "aria-expanded": "false",
    text: shorten(row[COLUMN.url], 300),
  });
  const line = make(
    "tr",
    {},
    make(
      "th",
      { scope: "row" },
      button,
      make("span", { class: "site", text: row[COLUMN.site] }),
    ),
    cell(shorten(row[COLUMN.format], 40)),
    cell(bytes(row[COLUMN.size]), "number"),
    cell(size ? `${row[COLUMN.width]} × ${row[COLUMN.height]}` : "", "number wide-only"),
    cell(row[COLUMN.camera] && shorten(row[COLUMN.camera], 80), "wide-only"),
    cell(row[COLUMN.taken]?.slice(0, 10), "wide-only"),
  );
  let detail = null;
  button.addEventListener("click", async () => {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (detail) {
      detail.hidden = open;
      return;
    }
    const box = make("div", { class: "record" });
    // A span over columns that a phone leaves out would make them anew.
    const heads = [...document.querySelectorAll(".records thead th")];
    const colspan = heads.filter((cell) => cell.offsetParent).length;
    detail = make("tr", {}, make("td", { colspan }, box));
    line.after(detail);
    const record = await recordAt(row.index);
    box.append(...groups(record), ...[copiesOf(row)].filter(Boolean));
  });
  return [line];
}

const unpacked = new Map();
async function recordAt(index) {
  const part = Math.floor(index / figures.chunk);
  if (!unpacked.has(part)) {
    if (unpacked.size > 8) unpacked.clear();
    unpacked.set(part, unpack(document.querySelectorAll("script.details")[part]));
  }
  return (await unpacked.get(part))[index % figures.chunk];
}

const PROVENANCE = ["url", "page_url", "seen", "site", "timestamp", "status", "server", "media_type", "etag", "etag_decoded", "last_modified", "transfer", "metadata_complete", "variant_of", "robots", "schema_version"];
const PRINTS = ["sha256_first_10240_bytes", "sha256_last_1024_bytes"];

function groups(record) {
  const rest = Object.keys(record).filter(
    (name) => ![...PROVENANCE, ...PRINTS, "exif", "fingerprints"].includes(name),
  );
  return [
    group("Where it comes from", PROVENANCE.map((name) => [name, record[name]])),
    group("What it says", rest.map((name) => [name, record[name]])),
    group("EXIF", Object.entries(record.exif || {})),
    group("Fingerprints", [
      ...PRINTS.map((name) => [name, record[name]]),
      ...Object.entries(record.fingerprints || {}),
    ]),
  ].filter((part) => part);
}

function group(title, entries) {
  const list = make("dl");
  for (const [name, value] of entries.flatMap(([n, v]) => flatten(n, v))) {
    list.append(make("dt", { text: name }), make("dd", { text: value }));
  }
  return list.children.length ? make("div", {}, make("h3", { text: title }), list) : null;
}

function flatten(name, value) {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) {
    return value.flatMap((v, i) => flatten(value.length > 1 ? `${name} ${i + 1}` : name, v));
  }
  if (typeof value === "object") {
    return Object.entries(value).flatMap(([n, v]) => flatten(`${name} ${n}`, v));
  }
  return [[name.replaceAll("_", " "), String(value)]];
}

function drawTable() {
  const option = ([value, text]) => make("option", { value, text });
  const select = (id, label, values, run) =>
    make("label", {}, label, make("select", { id, on: { change: run } }, ...values.map(option)));
  const formats = (figures.rank.format || []).map(([name]) => [name, name]);
  let wait = 0;
  const input = make("input", {
    id: "filter",
    type: "search",
    autocomplete: "off",
    on: {
      input: (event) => {
        clearTimeout(wait);
        wait = setTimeout(() => {
          state.text = event.target.value;
          changeFilters();
        }, 120);
      },
    },
  });
  const tools = make(
    "div",
    { class: "tools", role: "search" },
    make("label", { class: "wide" }, "Filter by words in address, site, camera, serial, software", input),
    select("format-choice", "Format", [["", "all"], ...formats], (e) => {
      state.filters = state.filters.filter((f) => f.column !== "format");
      if (e.target.value) state.filters.push({ column: "format", value: e.target.value });
      changeFilters();
    }),
    select("with-choice", "With", [["", "anything"], ...Object.keys(HAS).map((n) => [n, n])], (e) => {
      state.has = e.target.value;
      changeFilters();
    }),
  );
  const turn = (id, text, by) =>
    make("button", { id, class: "small", type: "button", text, on: { click: () => {
      state.page += by;
      draw();
    } } });
  const status = make(
    "div",
    { class: "status" },
    turn("previous", "Previous", -1),
    turn("next", "Next", 1),
    make("p", { id: "shown", role: "status" }),
    make("div", { id: "chosen", class: "chips" }),
  );
  const heads = HEADS.map(([column, text, kind]) =>
    make(
      "th",
      { scope: "col", class: kind || null, "data-column": column },
      make("button", { class: "plain", type: "button", on: { click: () => sortBy(column) } }, text, make("span", { "aria-hidden": "true" })),
    ),
  );
  const [element] = table("Records", heads, []);
  element.classList.add("records");
  place("table", make("div", { class: "panel" }, tools, status, exportButtons(), element));
}

function sortBy(column) {
  const down = state.sort.column === column && !state.sort.down;
  state.sort = { column, down };
  update();
}
