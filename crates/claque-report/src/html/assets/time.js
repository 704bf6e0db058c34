// Plots over time. They share one window, so that zooming one shows the same moments in all.
const view = { from: 0, to: D.horizon_ms };
const whole = () => view.from <= 0 && view.to >= D.horizon_ms;
function zoom(from, to) {
  const least = Math.max(D.horizon_ms / 400, 1e-3);
  if (to - from < least) { const middle = (from + to) / 2; from = middle - least / 2; to = middle + least / 2; }
  view.from = Math.max(0, from);
  view.to = Math.min(D.horizon_ms, to);
  plan();
}
const reset = () => zoom(0, D.horizon_ms);

// `plot`: height(width), draw(area, x), tell(t, y) -> text, and click(t) where a click means something.
function timePlot(name, plot) {
  const figure = figureOf(name);
  if (!figure) return;
  figure.classList.add("time");
  const svg = draw(figure, "svg", { tabindex: "0", role: "img", "aria-label": figure.getAttribute("aria-label") });
  figure.removeAttribute("role");
  figure.removeAttribute("aria-label");
  const note = make("p", { class: "zoomed", "aria-live": "polite" });
  figure.after(note);
  const area = { left: 52, right: 10, top: 20, bottom: 26 };
  let overlay, cursor = null, dragFrom = null;
  const toTime = px => view.from + (Math.min(Math.max(px, area.left), area.left + area.w) - area.left) / area.w * (view.to - view.from);
  const toX = t => area.left + (t - view.from) / (view.to - view.from) * area.w;

  function redraw() {
    const width = Math.max(figure.clientWidth, 240);
    area.h = plot.height(width);
    area.w = width - area.left - area.right;
    const height = area.top + area.h + area.bottom;
    svg.setAttribute("viewBox", "0 0 " + width + " " + height);
    svg.setAttribute("height", height);
    svg.replaceChildren();
    const unit = unitOf(view.to), every = timeStep(view.to - view.from, Math.max(2, Math.floor(area.w / 90)));
    const shown = ticks(view.from, view.to, 0, every);
    shown.forEach((t, i) => {
      const x = toX(t), end = i === shown.length - 1;
      draw(svg, "line", { class: "grid", x1: x, x2: x, y1: area.top, y2: area.top + area.h });
      draw(svg, "text", { x, y: area.top + area.h + 18, "text-anchor": end && x > area.left + area.w - 16 ? "end" : "middle" }, tickText(t, unit) + (end ? " " + unit[1] : ""));
    });
    plot.draw({ svg, figure, area, toX });
    for (const [begin, end] of D.window ? [[0, D.window.from_ms], [D.window.until_ms, D.horizon_ms]] : []) {
      const from = Math.max(begin, view.from), to = Math.min(end, view.to);
      if (to <= from) continue;
      const outside = draw(svg, "rect", { class: "outside", x: toX(from), width: toX(to) - toX(from), y: area.top, height: area.h });
      draw(outside, "title", {}).textContent = "whoever was to start here is in no figure";
    }
    for (const gap of D.gaps || []) {
      const from = Math.max(gap.at_ms, view.from), to = Math.min(gap.at_ms + gap.lasted_ms, view.to);
      if (to <= from) continue;
      const stretch = draw(svg, "rect", { class: "gap", x: toX(from), width: Math.max(toX(to) - toX(from), 1), y: area.top, height: area.h });
      draw(stretch, "title", {}).textContent = "claque did not run for " + time(gap.lasted_ms) + " (" + gap.of + ")";
    }
    draw(svg, "line", { class: "axis", x1: area.left, x2: area.left + area.w, y1: area.top + area.h, y2: area.top + area.h });
    overlay = draw(svg, "g");
    note.replaceChildren();
    if (!whole()) {
      const button = make("button", { type: "button" }, "whole run");
      button.addEventListener("click", reset);
      note.append("Shown: " + time(view.from) + " to " + time(view.to) + "  ", button);
    }
  }
  function mark(t, y, clientX, clientY) {
    overlay.replaceChildren();
    const x = toX(t);
    draw(overlay, "line", { class: "cross", x1: x, x2: x, y1: area.top, y2: area.top + area.h });
    if (dragFrom !== null) {
      const other = toX(dragFrom);
      draw(overlay, "rect", { class: "band", x: Math.min(x, other), width: Math.abs(x - other), y: area.top, height: area.h });
    }
    showTip(plot.tell(t, y), clientX, clientY);
  }
  function clear() { cursor = null; overlay.replaceChildren(); hideTip(); }
  const place = event => {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top - area.top];
  };
  svg.addEventListener("pointermove", event => {
    const [x, y] = place(event);
    cursor = toTime(x);
    mark(cursor, Math.min(Math.max(y / area.h, 0), 0.999999), event.clientX, event.clientY);
  });
  svg.addEventListener("pointerdown", event => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    dragFrom = toTime(place(event)[0]);
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointerup", event => {
    if (dragFrom === null) return;
    const to = toTime(place(event)[0]), from = dragFrom;
    dragFrom = null;
    if (Math.abs(toX(to) - toX(from)) > 5) { clear(); zoom(Math.min(from, to), Math.max(from, to)); }
    else if (plot.click) plot.click(to);
  });
  svg.addEventListener("pointercancel", () => { dragFrom = null; clear(); });
  svg.addEventListener("pointerleave", () => { if (dragFrom === null) clear(); });
  svg.addEventListener("dblclick", reset);
  svg.addEventListener("blur", clear);
  svg.addEventListener("keydown", event => {
    const span = view.to - view.from, at = cursor === null ? view.from + span / 2 : cursor;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      cursor = Math.min(view.to, Math.max(view.from, at + (event.key === "ArrowLeft" ? -1 : 1) * span / 100));
      const box = svg.getBoundingClientRect();
      mark(cursor, 0.5, box.left + toX(cursor), box.top + box.height / 2);
    } else if (event.key === "+" || event.key === "=") zoom(at - span / 4, at + span / 4);
    else if (event.key === "-") zoom(at - span, at + span);
    else if (event.key === "0" || event.key === "Escape") { clear(); reset(); }
    else return;
    event.preventDefault();
  });
  redraws.push(redraw);
}
// Seconds and minutes are divided as clocks are.
function timeStep(span, count) {
  const raw = span / count;
  if (raw <= 1000) return niceStep(span, count);
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400].map(s => s * 1000);
  return steps.find(step => step >= raw) || niceStep(span, count);
}
function countAxis(svg, area, most, title) {
  const step = Math.max(1, niceStep(most, Math.max(2, Math.floor(area.h / 32))));
  for (const n of ticks(0, most, 0, step)) {
    const y = area.top + area.h * (1 - n / most);
    if (n > 0) draw(svg, "line", { class: "grid", x1: area.left, x2: area.left + area.w, y1: y, y2: y });
    draw(svg, "text", { x: area.left - 8, y: y + 4, "text-anchor": "end" }, grouped(n));
  }
  draw(svg, "text", { class: "title", x: area.left, y: 12 }, title);
}
// The outline of bins between two levels, as steps.
function steps(binMs, low, high, toX, toY) {
  const first = Math.max(0, Math.floor(view.from / binMs)), last = Math.min(high.length, Math.ceil(view.to / binMs));
  let up = "", down = "";
  for (let i = first; i < last; i++) {
    const x0 = toX(Math.max(view.from, i * binMs)).toFixed(1), x1 = toX(Math.min(view.to, (i + 1) * binMs)).toFixed(1);
    const y = toY(high[i]).toFixed(1), base = toY(low ? low[i] : 0).toFixed(1);
    up += (i === first ? "M" : "L") + x0 + " " + y + "H" + x1;
    down = "L" + x1 + " " + base + "H" + x0 + down;
  }
  return up ? [up, up + down + "Z"] : ["", ""];
}
