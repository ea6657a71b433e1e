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
  place("map", panel(`${title}, to about a kilometre`, chart, buttons));
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

function drawGraph() {
  const title = "Sites that share images";
  const { nodes, links, more } = figures.graph;
  if (!nodes.length) {
    const text = "No image was seen on more than one site.";
    return place("graph", panel(title, make("p", { class: "empty", text })));
  }
  const chart = fitted((width) => graphView(title, width, Math.min(420, 150 + 40 * nodes.length)));
  const cut = more[0][0] > nodes.length
    ? `The first ${nodes.length} of ${counted.format(more[0][0])} sites.`
    : null;
  place("graph", panel(title, chart, cut && make("p", { class: "quiet", text: cut })));
}

function graphView(title, width, height) {
  const { nodes, links } = figures.graph;
  const points = nodes.map(([id, n]) => ({ id, n }));
  const edges = links.map(([source, target, n]) => ({ source, target, n }));
  const named = width < 400 ? 6 : 12;
  const radius = d3.scaleSqrt([1, Math.max(10, d3.max(points, (p) => p.n))], [5, 14]);
  const simulation = d3
    .forceSimulation(points)
    .force("link", d3.forceLink(edges).id((p) => p.id).distance(90).strength(0.3))
    .force("charge", d3.forceManyBody().strength(-420))
    .force("x", d3.forceX(width / 2).strength((0.1 * height) / width))
    .force("y", d3.forceY(height / 2).strength(0.1))
    .force("collide", d3.forceCollide((p) => radius(p.n) + (p.index < named ? 26 : 6)))
    .stop();
  simulation.tick(200);
  for (const p of points) {
    p.x = Math.max(20, Math.min(width - 20, p.x));
    p.y = Math.max(20, Math.min(height - 34, p.y));
  }
  const root = svg(width, height, "graph", `${title}: ${nodes.length}; listed below`);
  const thickness = d3.scaleSqrt([1, Math.max(10, d3.max(edges, (e) => e.n))], [1, 5]);
  const lines = root.append("g").selectAll("line").data(edges).join("line");
  lines
    .attr("x1", (e) => e.source.x)
    .attr("y1", (e) => e.source.y)
    .attr("x2", (e) => e.target.x)
    .attr("y2", (e) => e.target.y)
    .attr("stroke-width", (e) => thickness(e.n))
    .append("title")
    .text((e) => visible(`${e.source.id} and ${e.target.id}: ${e.n}`));
  const dots = root.append("g").selectAll("circle").data(points).join("circle");
  dots.attr("cx", (p) => p.x).attr("cy", (p) => p.y).attr("r", (p) => radius(p.n));
  dots.append("title").text((p) => visible(`${p.id}: ${p.n}`));
  const names = root.append("g").selectAll("text").data(points.slice(0, named)).join("text");
  names
    .attr("x", (p) => Math.max(60, Math.min(width - 60, p.x)))
    .attr("y", (p) => p.y + radius(p.n) + 14)
    .attr("text-anchor", "middle")
    .text((p) => visible(shorten(p.id, 20)));
  return root.node();
}
