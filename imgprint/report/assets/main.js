"use strict";

function drawCards() {
  const t = figures.totals;
  const share = t.held ? ((100 * t.received) / t.held).toFixed(1) : "0";
  const count = (n, one, many) => [counted.format(n || 0), n === 1 ? one : many];
  const cards = [
    count(t.records, "image identified", "images identified"),
    count(figures.sites, "site", "sites"),
    count(t.pages, "page", "pages"),
    [bytes(t.received || 0), `received for them, ${share}% of the ${bytes(t.held || 0)} that they hold`],
    count(t.requests, "request for them", "requests for them"),
    count(figures.shared_count, "image on several sites", "images on several sites"),
    count(t.position, "image with a position", "images with a position"),
    count(figures.serial_count, "serial number", "serial numbers"),
  ];
  place(
    "cards",
    ...cards.map(([value, what]) =>
      make("div", { class: "card" }, make("p", { class: "value", text: value }), make("p", { class: "what", text: what })),
    ),
  );
  const minutes = (figures.times || []).map((time) => time.replace("T", " ").slice(0, 16));
  const times = minutes.length ? `Read ${[...new Set(minutes)].join(" to ")} UTC. ` : "";
  document.getElementById("made").textContent = visible(`${times}Report made ${figures.made}.`);
}

function drawAnswer() {
  const { title } = figures;
  if (title) {
    document.title = visible(title);
    document.getElementById("overview-h").textContent = visible(title);
  }
  document.getElementById("answer").textContent = visible(figures.answer.join(" "));
  if (figures.asked.length) {
    const parts = figures.asked.flatMap(([name, value]) => [make("dt", { text: name }), make("dd", { text: value })]);
    place("asked", panel("What was asked", make("dl", {}, ...parts)));
  }
}

// One row for each line of the list, else for each site that is known.
function drawOutcomes() {
  const { seeds, outcomes } = figures;
  if (seeds) {
    const rows = seeds.rows.map((cells) => () => make("tr", {}, ...cells.map((text) => make("td", { text }))));
    const title = `What became of your list: ${plural(seeds.total, "line", "lines")}`;
    const cut = seeds.total > rows.length ? make("p", { class: "quiet", text: `The first ${counted.format(rows.length)}.` }) : null;
    return place("list", panel(title, ...table("What became of your list", seeds.heads.map((text) => head(text)), rows), cut));
  }
  if (!outcomes.some((row) => row[2])) return;
  const rows = outcomes.map(([site, n, failed, reason]) => () =>
    make(
      "tr",
      {},
      n ? make("th", { scope: "row" }, chooser("site", site)) : make("th", { scope: "row", text: site }),
      make("td", { class: "number", text: counted.format(n) }),
      make("td", { class: "number", text: counted.format(failed) }),
      make("td", { text: reason ? shorten(reason, 200) : "" }),
    ),
  );
  const title = "What became of the sites";
  const heads = [head("site"), head("images", true), head("failed", true), head("reason")];
  place("list", panel(title, ...table(title, heads, rows, 5)));
}

function drawLists() {
  for (const [id, [title, column, empty]] of Object.entries(FOLLOWED)) {
    place(id, rank(title, column, column, empty));
  }
  counts("onion-rank", "Onion sites that pages name", "onion");
}

// Counts by a value that the table of records can't be filtered by.
function counts(id, title, name) {
  const rows = (figures.rank[name] || []).map(([value, n]) => () =>
    make("tr", {}, make("th", { scope: "row", text: shorten(value, 200) }), make("td", { class: "number", text: counted.format(n) })),
  );
  const heads = [head(name), head(name === "onion" ? "pages" : "images", true)];
  if (rows.length) place(id, panel(title, ...table(title, heads, rows)));
}

function drawSerials() {
  const title = "Serial numbers";
  const rows = figures.serials.map(([serial, n, camera, sites]) => () =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, chooser("serials", serial)),
      make("td", { class: "wide-only", text: camera ? shorten(camera, 60) : "" }),
      make("td", { text: few(sites) }),
      make("td", { class: "number", text: counted.format(n) }),
    ),
  );
  const heads = [head("serial"), head("camera", false, "wide-only"), head("sites"), head("images", true)];
  const text = "No image holds a serial number.";
  place("serials", panel(title, ...(rows.length ? table(title, heads, rows) : [make("p", { class: "empty", text })])));
}

function drawSkipped() {
  const title = "Reasons";
  const rows = figures.skipped.map(({ reason, count, examples }) => () => {
    const items = examples.map(([url, page]) =>
      make("li", { text: page ? `${url || ""} (on ${page})` : url || "" }),
    );
    const name = count > items.length ? `the first ${items.length}` : "which";
    const list = make("details", {}, make("summary", { text: `Show ${name}` }), make("ul", { class: "examples" }, ...items));
    return make("tr", {}, make("th", { scope: "row", text: shorten(reason, 300) }), make("td", {}, list), make("td", { class: "number", text: counted.format(count) }));
  });
  const heads = [head("reason"), head("examples"), head("times", true)];
  const text = figures.totals.sightings
    ? "Nothing was skipped."
    : "The feed of sightings has this: give it to scrapy report, too.";
  place("skipped-list", panel(title, ...(rows.length ? table(title, heads, rows) : [make("p", { class: "empty", text })])));
}

drawAnswer();
drawCards();
drawOutcomes();
drawLists();
drawGrades();
drawPairs();
drawShared();
drawSerials();
drawSkipped();
drawTable();
readHash();
addEventListener("hashchange", () => { readHash(); update(); });
// Charts follow the first picture of the page.
requestAnimationFrame(() => setTimeout(() => {
  drawGraph();
  drawMap();
  drawTimeline();
  drawSizes();
  document.documentElement.dataset.drawn = "charts";
}));
const begin = () => load().then(() => { document.documentElement.dataset.ready = "all"; });
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
