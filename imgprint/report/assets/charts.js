"use strict";

function svg(width, height, kind, label) {
  return d3
    .create("svg")
    .attr("viewBox", [0, 0, width, height])
    .attr("class", kind)
    .attr("role", "img")
    .attr("aria-label", label);
}

function bars(rows, options, label) {
  const chart = Plot.plot({
    height: 230,
    marginLeft: 48,
    // Room for the axis's name beside its numbers.
    marginTop: 34,
    marginBottom: 44,
    style: { background: "transparent", fontSize: "12px", overflow: "visible" },
    ariaLabel: label,
    ...options,
  });
  // The chart is one image; names of its parts are not allowed on groups.
  for (const part of chart.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", label);
  return chart;
}

// Draws now, and again when its width changes.
function fitted(draw) {
  const box = make("div");
  let last = 0;
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (width > 40 && Math.abs(width - last) > 4) {
      last = width;
      box.replaceChildren(draw(width));
    }
  }).observe(box);
  return box;
}

function drawTimeline() {
  const { months } = figures;
  if (!months.length) {
    const text = "No image says when it was taken.";
    return place("timeline", panel("By month", make("p", { class: "empty", text })));
  }
  const years = new Map();
  for (const [month, n] of months) {
    const year = Number(month.slice(0, 4));
    years.set(year, (years.get(year) || 0) + n);
  }
  const span = d3.extent(years.keys());
  const byMonth = span[1] - span[0] < 6;
  const rows = byMonth
    ? months
        .map(([month, n]) => [new Date(`${month}-01T00:00:00Z`), n])
        .filter(([date]) => !Number.isNaN(Number(date)))
        .map(([date, n]) => ({ x1: date, x2: d3.utcMonth.offset(date, 1), n }))
    : [...years].map(([year, n]) => ({
        x1: new Date(Date.UTC(year, 0, 1)),
        x2: new Date(Date.UTC(year + 1, 0, 1)),
        n,
      }));
  const label = `Images by ${byMonth ? "month" : "year"} taken, ${span.join(" to ")}`;
  const chart = fitted((width) =>
    bars(
      rows,
      {
        width,
        x: { type: "utc", label: null },
        y: { grid: true, label: "images", tickFormat: "d", ticks: Math.min(4, d3.max(rows, (row) => row.n)) },
        marks: [
          Plot.rectY(rows, { x1: "x1", x2: "x2", y: "n", fill: "var(--accent)" }),
          Plot.ruleY([0]),
        ],
      },
      label,
    ),
  );
  const list = [...years].map(([year, n]) => [String(year), n]);
  place(
    "timeline",
    panel(byMonth ? "By month" : "By year", chart),
    rank("Year", "year", "taken", "", list),
  );
}

function drawSizes() {
  const rows = figures.sizes.map(([label, n]) => ({ label, n }));
  const chart = fitted((width) =>
    bars(
      rows,
      {
        width,
        height: 330,
        marginTop: 12,
        marginLeft: 84,
        x: { grid: true, label: "images", tickFormat: "d", ticks: Math.min(4, d3.max(rows, (row) => row.n)) },
        y: { label: null, domain: rows.map((row) => row.label) },
        marks: [
          Plot.barX(rows, { x: "n", y: "label", fill: "var(--accent)" }),
          Plot.ruleX([0]),
        ],
      },
      `File sizes: ${rows.map((row) => `${row.label} ${row.n}`).join(", ")}`,
    ),
  );
  const unknown = figures.unknown_size
    ? `${plural(figures.unknown_size, "image", "images")} of unknown size`
    : null;
  place(
    "sizes",
    panel("File size", chart, unknown && make("p", { class: "quiet", text: unknown })),
  );
}

function drawMap() {
  const title = "Where pictures were taken";
  if (!figures.places.length) {
    const text = "No image says where it was taken.";
    return place("map", panel(title, make("p", { class: "empty", text })));
  }
  let view = null;
  const chart = fitted((width) => {
    view = mapView(width, Math.round(width / 2));
    return view.root.node();
  });
  const button = (text, label, run) =>
    make("button", { class: "small", type: "button", "aria-label": label, text, on: { click: run } });
  const buttons = make(
    "div",
    { class: "buttons" },
    button("+", "Zoom in", () => view.root.call(view.zoom.scaleBy, 2)),
    button("−", "Zoom out", () => view.root.call(view.zoom.scaleBy, 0.5)),
    button("Whole world", "Whole world", () => view.root.call(view.zoom.transform, d3.zoomIdentity)),
    button("Fit", "Fit the map to the places", () => view.fit()),
  );
  const cut = figures.place_count > figures.places.length
    ? make("p", { class: "quiet", text: `The ${counted.format(figures.places.length)} places with most images of ${counted.format(figures.place_count)} are drawn; all are in the records.` })
    : null;
  place("map", panel(`${title}, to about a kilometre`, chart, buttons, cut));
  const rows = figures.places.slice(0, 300).map((p) => [placeName(p), p[2]]);
  figures.distinct.place = figures.place_count;
  place("place-rank", rank("Latitude, longitude", "place", "place", "", rows));
}

function mapView(width, height) {
  const world = JSON.parse(document.getElementById("world").textContent);
  const projection = d3.geoEqualEarth().fitExtent(
    [[4, 4], [width - 4, height - 4]],
    { type: "Sphere" },
  );
  const path = d3.geoPath(projection);
  const count = plural(figures.place_count, "place", "places");
  const root = svg(width, height, "map", `World map with ${count}; listed below`);
  const layer = root.append("g");
  layer.append("path").attr("class", "land").attr("d", path(world.land));
  layer.append("path").attr("class", "borders").attr("d", path(world.borders));
  const radius = d3.scaleSqrt([1, Math.max(50, d3.max(figures.places, (p) => p[2]))], [5, 13]);
  const dots = layer
    .selectAll("circle")
    .data(figures.places)
    .join("circle")
    .attr("cx", (p) => projection([p[1], p[0]])[0])
    .attr("cy", (p) => projection([p[1], p[0]])[1])
    .attr("r", (p) => radius(p[2]))
    .on("click", (_, p) => choose("place", placeName(p)));
  dots.append("title").text((p) => `${placeName(p)}: ${p[2]}`);
  const zoom = d3
    .zoom()
    .scaleExtent([1, 60])
    .translateExtent([[0, 0], [width, height]])
    // A wheel that scrolls the page must not be caught on the way.
    .filter((event) => event.type !== "wheel" || event.ctrlKey || event.metaKey)
    .on("zoom", ({ transform }) => {
      layer.attr("transform", transform);
      dots.attr("r", (p) => radius(p[2]) / transform.k);
    });
  root.call(zoom).on("dblclick.zoom", null);
  return { root, zoom, fit: () => fit(root, zoom, projection, width, height) };
}

function placeName([latitude, longitude]) {
  return `${latitude.toFixed(2)}, ${longitude.toFixed(2)}`;
}

function fit(root, zoom, projection, width, height) {
  const points = figures.places.map((p) => projection([p[1], p[0]]));
  const [x0, x1] = d3.extent(points, (p) => p[0]);
  const [y0, y1] = d3.extent(points, (p) => p[1]);
  const k = Math.min(40, 0.85 / Math.max((x1 - x0) / width, (y1 - y0) / height, 0.02));
  const move = d3.zoomIdentity
    .translate(width / 2, height / 2)
    .scale(Math.max(1, k))
    .translate(-(x0 + x1) / 2, -(y0 + y1) / 2);
  root.call(zoom.transform, move);
}

// One site and those it shares with, one a row: names can't overlap.
const MOST_NEIGHBOURS = 20;

function neighboursOf(site) {
  return figures.pairs
    .filter(([a, b, images]) => images && (a === site || b === site))
    .map(([a, b, n]) => ({ id: a === site ? b : a, n }));
}

function drawGraph() {
  const title = "Sites that share images";
  const joined = new Map();
  for (const [a, b, images] of figures.pairs) {
    if (images) for (const site of [a, b]) joined.set(site, (joined.get(site) || 0) + 1);
  }
  if (!joined.size) {
    const text = "No image was seen on more than one site.";
    return place("graph", panel(title, make("p", { class: "empty", text })));
  }
  const sites = [...joined].sort((a, b) => b[1] - a[1]).slice(0, 300);
  const box = make("div");
  const options = sites.map(([value, n]) => make("option", { value, text: `${shorten(value, 60)} (${n})` }));
  const select = make("select", { on: { change: () => show(select.value) } }, ...options);
  const show = (site) => {
    const all = neighboursOf(site);
    const cut = all.length > MOST_NEIGHBOURS ? `The first ${MOST_NEIGHBOURS} of ${counted.format(all.length)} sites that share with it.` : null;
    const next = (id) => {
      if (sites.some(([value]) => value === id)) select.value = id;
      show(id);
    };
    const chart = fitted((width) => neighboursView(title, width, site, all.slice(0, MOST_NEIGHBOURS), next));
    box.replaceChildren(chart, ...(cut ? [make("p", { class: "quiet", text: cut })] : []));
  };
  place("graph", panel(title, make("div", { class: "tools" }, make("label", {}, "Neighbours of", select)), box));
  show(sites[0][0]);
}

function neighboursView(title, width, site, others, next) {
  const step = 30;
  const height = Math.max(90, others.length * step + 30);
  const root = svg(width, height, "graph", `${title}: ${others.length + 1}; listed below`);
  const middle = { x: 24, y: height / 2 };
  const right = Math.round(width * 0.42);
  const letters = Math.max(8, Math.floor((width - right - 60) / 8));
  const thickness = d3.scaleSqrt([1, Math.max(10, d3.max(others, (p) => p.n))], [1.5, 7]);
  const y = (i) => height / 2 + (i - (others.length - 1) / 2) * step;
  const lines = root.append("g").selectAll("path").data(others).join("path");
  lines
    .attr("d", (p, i) => d3.linkHorizontal()({ source: [middle.x, middle.y], target: [right, y(i)] }))
    .attr("stroke-width", (p) => thickness(p.n))
    // The records of both, as far as several sites have them.
    .on("click", (_, p) => {
      state.filters = [];
      choose("site", site);
      choose("site", p.id);
    });
  lines.append("title").text((p) => visible(`${site} and ${p.id}: ${p.n}`));
  const dots = root.append("g").selectAll("circle").data(others).join("circle");
  dots.attr("cx", right).attr("cy", (_, i) => y(i)).attr("r", 6).on("click", (_, p) => next(p.id));
  dots.append("title").text((p) => visible(`Neighbours of ${p.id}`));
  root.append("circle").attr("cx", middle.x).attr("cy", middle.y).attr("r", 10);
  const names = root.append("g").selectAll("text").data(others).join("text");
  names
    .attr("x", right + 12)
    .attr("y", (_, i) => y(i) + 4)
    .text((p) => visible(`${shorten(p.id, letters)} (${counted.format(p.n)})`))
    .on("click", (_, p) => next(p.id));
  return root.node();
}
