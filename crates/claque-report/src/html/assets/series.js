// Figures that others told, under the audience and on its time.
function series() {
  (D.series || []).forEach((s, i) => {
    const known = s.values.filter(v => v !== null), bottom = Math.min(0, ...known), top = Math.max(bottom + 1e-9, ...known);
    const high = top + (top - bottom) * 0.05, title = s.name + ", " + s.unit;
    timePlot("series-" + i, {
      height: () => 90,
      draw({ svg, area, toX }) {
        const toY = v => area.top + area.h * (1 - (v - bottom) / (high - bottom));
        for (const v of ticks(bottom, top, 2)) {
          draw(svg, "line", { class: "grid", x1: area.left, x2: area.left + area.w, y1: toY(v), y2: toY(v) });
          draw(svg, "text", { x: area.left - 8, y: toY(v) + 4, "text-anchor": "end" }, String(+v.toPrecision(4)));
        }
        draw(svg, "text", { class: "title", x: area.left, y: 12 }, title);
        // Where nothing is known nothing is drawn.
        let line = "", drawing = false;
        for (let k = Math.max(0, Math.floor(view.from / s.cell_ms)); k < s.values.length && k * s.cell_ms < view.to; k++) {
          const v = s.values[k];
          if (v === null) { drawing = false; continue; }
          const x0 = toX(Math.max(view.from, k * s.cell_ms)).toFixed(1), x1 = toX(Math.min(view.to, (k + 1) * s.cell_ms)).toFixed(1);
          line += (drawing ? "V" + toY(v).toFixed(1) : "M" + x0 + " " + toY(v).toFixed(1)) + "H" + x1;
          drawing = true;
        }
        draw(svg, "path", { d: line, fill: "none", stroke: "var(--line)", "stroke-width": 1.2 });
      },
      tell(t) {
        const v = s.values[Math.floor(t / s.cell_ms)];
        return time(t) + "\n" + (v === null || v === undefined ? "not told" : number(v) + " " + s.unit) + "\n" + s.source;
      },
    });
  });
  if (!figureOf("series-0")) return;
  dataOf(sectionOf("series-0"), "series", ["source", "name", "unit", "at_ms", "value"],
    () => D.series.flatMap(s => s.values.map((v, k) => [s.source, s.name, s.unit, round3(k * s.cell_ms), v])));
}
