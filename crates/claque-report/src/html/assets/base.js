// Helpers: elements, scales, units, tooltip, data behind a plot.
const D = JSON.parse(document.getElementById("data").textContent);
const NS = "http://www.w3.org/2000/svg";
function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
function draw(parent, tag, attributes, text) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}
const color = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const grouped = n => Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
function number(n) {
  if (Math.abs(n - Math.round(n)) < 0.005) return grouped(n);
  return n >= 100 ? grouped(n) : n.toFixed(n >= 10 ? 1 : 2);
}
// As the summary writes times, so that one figure reads the same everywhere.
function time(ms) {
  if (ms <= 0) return "0 ms";
  if (ms < 9.995) return ms.toFixed(2) + " ms";
  if (ms < 99.95) return ms.toFixed(1) + " ms";
  if (ms < 999.5) return ms.toFixed(0) + " ms";
  if (ms < 9995) return (ms / 1000).toFixed(2) + " s";
  if (ms < 59950) return (ms / 1000).toFixed(1) + " s";
  const s = Math.round(ms / 1000), m = Math.floor(s / 60);
  if (m < 60) return m + " min " + String(s % 60).padStart(2, "0") + " s";
  const minutes = Math.round(s / 60);
  return Math.floor(minutes / 60) + " h " + String(minutes % 60).padStart(2, "0") + " min";
}
// Ticks of an axis all have one unit.
function unitOf(span) {
  if (span < 2) return [0.001, "µs"];
  if (span < 2000) return [1, "ms"];
  if (span < 120000) return [1000, "s"];
  if (span < 18000000) return [60000, "min"];
  return [3600000, "h"];
}
function niceStep(span, count) {
  const raw = span / Math.max(1, count), power = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = [1, 2, 5, 10].find(m => m * power >= raw * 0.999) || 10;
  return step * power;
}
function ticks(from, to, count, step) {
  step = step || niceStep(to - from, count);
  const all = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + step * 1e-9; k++) all.push(k * step);
  return all;
}
function tickText(value, unit) {
  const v = value / unit[0];
  return String(+v.toPrecision(6));
}
const tip = make("div", { class: "tip", role: "status", hidden: "" });
document.body.append(tip);
function showTip(text, x, y) {
  tip.textContent = text;
  tip.hidden = false;
  const w = tip.offsetWidth, h = tip.offsetHeight;
  tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - w - 6)) + "px";
  tip.style.top = (y + 16 + h > innerHeight ? Math.max(4, y - h - 10) : y + 16) + "px";
}
const hideTip = () => { tip.hidden = true; };

const figureOf = name => document.querySelector('figure[data-plot="' + name + '"]');
function legend(figure, entries) {
  const list = make("ul", { class: "legend", "aria-hidden": "true" });
  for (const [name, text] of entries) {
    const swatch = make("i");
    swatch.style.background = "var(--" + name + ")";
    list.append(make("li", {}, swatch, text));
  }
  figure.after(list);
  return list;
}
const cell = value => {
  const text = value === null || value === undefined ? "" : String(value);
  // A spreadsheet must not take foreign words for a formula.
  const safe = /^[=+\-@\t\r]/.test(text) && isNaN(Number(text)) ? "'" + text : text;
  return /[",\n\r]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
};
// The figures behind a plot: a table of the first rows, and all of them as CSV.
function dataOf(section, name, columns, rows) {
  const most = 200;
  const details = make("details", { class: "data" }, make("summary", {}, "Figures of this plot"));
  details.addEventListener("toggle", () => {
    if (!details.open || details.dataset.made) return;
    details.dataset.made = "1";
    const all = rows();
    const csv = [columns].concat(all).map(row => row.map(cell).join(",")).join("\r\n") + "\r\n";
    const link = make("a", { class: "button", download: name + ".csv" }, "Download " + name + ".csv (" + grouped(all.length) + " rows)");
    link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
    const head = make("tr", {}, ...columns.map(c => make("th", { scope: "col" }, c)));
    const body = all.slice(0, most).map(row => make("tr", {}, ...row.map(v => make("td", {}, v === null || v === undefined ? "" : String(v)))));
    const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
    details.append(make("p", {}, link), make("div", { class: "scroll", tabindex: "0" }, table));
    if (all.length > most) details.append(make("p", {}, "The table shows the first " + most + " rows."));
  });
  section.append(details);
}
const round3 = n => Math.round(n * 1000) / 1000;
// Plots are drawn again when their width or the colours change.
const redraws = [];
let lastWidth = 0, planned = false;
function drawAll() {
  planned = false;
  for (const redraw of redraws) redraw();
}
function plan() {
  if (!planned) { planned = true; requestAnimationFrame(drawAll); }
}
new ResizeObserver(() => {
  const width = document.body.clientWidth;
  if (width !== lastWidth) { lastWidth = width; plan(); }
}).observe(document.body);
for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", drawAll);
addEventListener("beforeprint", drawAll);
addEventListener("afterprint", drawAll);
