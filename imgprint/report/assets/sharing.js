"use strict";

function drawGrades() {
  if (!figures.grades.length) return;
  const rows = figures.grades.map(([kind, strength, whys, bounds, n]) => () =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, strength === "source" ? kind : chooser("kind", kind)),
      make("td", { text: strength === "source" ? "source, not a copy" : strength }),
      make("td", { class: "wide-only", text: `${whys.join("; ")}. By accident: ${bounds.join("; ")}.` }),
      make("td", { class: "number", text: counted.format(n) }),
    ),
  );
  const heads = [head("by what"), head("strength"), head("evidence, and how often it errs", false, "wide-only"), head("groups", true)];
  const title = "Evidence by which sites share";
  place("grades", panel(title, ...table(title, heads, rows)));
}

const RELATIONS = { mirror: "mirror", clone: "clone", shares: "share images", source: "same camera or document" };

function drawPairs() {
  const title = "Pairs of sites";
  const rows = figures.pairs.map(([a, b, images, share, relation, kinds, example]) => () =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, chooser("site", a), make("br"), chooser("site", b)),
      make("td", { text: images ? `${RELATIONS[relation]} (${Math.round(share * 100)}% of the smaller site)` : RELATIONS[relation] }),
      make("td", { class: "wide-only", text: Object.entries(kinds).map(([kind, n]) => `${kind} ${counted.format(n)}`).join(", ") }),
      make("td", { class: "wide-only" }, ...(example ? [chooser("url", example)] : [])),
      make("td", { class: "number", text: counted.format(images) }),
    ),
  );
  if (!rows.length) return;
  const heads = [head("sites"), head("relation"), head("by what", false, "wide-only"), head("example", false, "wide-only"), head("images", true)];
  const cut = figures.pair_count > rows.length ? `The first ${counted.format(rows.length)} of ${counted.format(figures.pair_count)} pairs.` : null;
  const common = figures.common ? `${plural(figures.common, "image is", "images are")} on over 100 sites and in no pair.` : null;
  const notes = [cut, common].filter(Boolean).join(" ");
  place("pairs", panel(title, ...table(title, heads, rows), notes ? make("p", { class: "quiet", text: notes }) : null));
}

function drawShared() {
  const rows = figures.shared.map(([url, sites], i) => () =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, make("button", { class: "plain", type: "button", text: shorten(url, 200), on: { click: () => choose("group", String(i)) } })),
      make("td", { class: "wide-only", text: figures.groups[i][1].join(", ") }),
      make("td", { text: few(sites) }),
      make("td", { class: "number", text: String(sites.length) }),
    ),
  );
  if (!rows.length) return;
  const heads = [head("image"), head("by what", false, "wide-only"), head("seen on"), head("sites", true)];
  const title = plural(figures.shared_count, "image on several sites", "images on several sites");
  const cut = figures.shared_count > rows.length ? make("p", { class: "quiet", text: `The first ${rows.length} of ${counted.format(figures.shared_count)}.` }) : null;
  place("shared", panel(title, ...table("Images on several sites", heads, rows), cut));
}

// All sites that have the image of a record, for its detail.
function copiesOf(row) {
  const number = row[COLUMN.group];
  if (number === null) return null;
  const [sites, kinds, seen] = figures.groups[number];
  const copies = state.rows.filter((other) => other[COLUMN.group] === number && other !== row);
  const entries = [["by what", kinds.join(", ")], ["all sites", few(sites, 10)]];
  for (const copy of copies.slice(0, 50)) entries.push([copy[COLUMN.site], copy[COLUMN.url]]);
  for (const site of seen) entries.push([site, "shows the same address"]);
  const part = group("The same image on several sites", entries);
  const all = make("button", { class: "small", type: "button", text: "Show all copies", on: { click: () => choose("group", String(number)) } });
  part.append(all);
  return part;
}
