"use strict";
// What the table shows, as a file that the page itself makes: no request.
const FORMULA = /^[\s\u0000-\u001f\u007f-\u009f\ufeff\u200b-\u200f\u2028-\u202e]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n\0]/u;

function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  let text = Array.isArray(value) ? value.join(" ") : String(value);
  if (FORMULA.test(text)) text = `'${text}`;
  text = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "\ufffd");
  return `"${text.replaceAll('"', '""')}"`;
}

function asCsv(rows) {
  const names = figures.columns.filter((name) => name !== "group");
  const lines = rows.map((row) => names.map((name) => csvCell(row[COLUMN[name]])).join(","));
  return `${[names.join(","), ...lines].join("\r\n")}\r\n`;
}

async function asJson(rows) {
  const found = [];
  for (const row of [...rows].sort((a, b) => a.index - b.index)) {
    found.push(JSON.stringify(await recordAt(row.index)));
  }
  return `[${found.join(",\n")}]\n`;
}

function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const { textContent } = button;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = textContent; }, 1_500);
}

function exportButtons() {
  const button = (text, label, run) =>
    make("button", { class: "small", type: "button", text, "aria-label": label, on: { click: run } });
  return make(
    "div",
    { class: "buttons export" },
    button("CSV", "Save the shown records as CSV", () => save("records.csv", "text/csv", asCsv(state.shown))),
    button("JSON", "Save the shown records as JSON", async () => save("records.json", "application/json", await asJson(state.shown))),
    button("Copy addresses", "Copy the addresses of the shown records", (event) => copyText(state.shown.map((row) => row[COLUMN.url]).join("\n"), event.target)),
  );
}
