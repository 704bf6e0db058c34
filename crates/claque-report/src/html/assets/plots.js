// The plots themselves.
const sectionOf = name => figureOf(name).closest("section");

function strips() {
  const S = D.strips, rows = S.rows.map(row => {
    let at = 0;
    return row.runs.map(run => { const from = at; at += run >> 3; return [run & 7, from, at]; });
  });
  const names = ["", "buffering", "playing", "stalled", "lost", "awaiting", "thinking", "paused"];
  const words = ["not there", "buffering", "playing", "stalled", "ended early", "awaiting an answer", "thinking", "paused"];
  const n = Math.max(1, rows.length);
  const canvas = make("canvas"), figure = figureOf("strips");
  timePlot("strips", {
    height: () => Math.max(40, Math.min(n > 400 ? 720 : 560, n * 16)),
    draw({ svg, area, toX }) {
      const scale = Math.max(1, devicePixelRatio || 1);
      canvas.width = Math.round(area.w * scale);
      canvas.height = Math.round(area.h * scale);
      const ink = canvas.getContext("2d"), high = canvas.height / n, gap = high >= 4 * scale ? Math.round(scale) : 0;
      const palette = names.map(name => name && color(name)), done = color("done");
      ink.fillStyle = color("ground");
      ink.fillRect(0, 0, canvas.width, canvas.height);
      // Stalls go on top and are at least a pixel wide: what matters must not be averaged away.
      for (const pass of [0, 1]) {
        rows.forEach((runs, r) => {
          // Whole pixels, so that no colour is mixed with another.
          const y = Math.round(r * high), tall = Math.max(1, Math.round((r + 1) * high) - y - gap);
          for (const [state, from, to] of runs) {
            if (state === 0 || (state === 3) !== (pass === 1)) continue;
            let x0 = (toX(from * S.cell_ms) - area.left) * scale, x1 = (toX(to * S.cell_ms) - area.left) * scale;
            if (x1 < 0 || x0 > canvas.width) continue;
            if (state === 3 || state === 4) x1 = Math.max(x1, x0 + (state === 4 ? 3 * scale : scale));
            ink.fillStyle = palette[state];
            ink.fillRect(x0, y, x1 - x0, tall);
          }
          if (pass === 0 && runs.length) {
            const [state, , end] = runs[runs.length - 1], x = Math.max(0, (toX(end * S.cell_ms) - area.left) * scale);
            if (state !== 4 && x < canvas.width) { ink.fillStyle = done; ink.fillRect(x, y, canvas.width - x, tall); }
          }
        });
      }
      // As an image it scales and prints with the axes.
      draw(svg, "image", { href: canvas.toDataURL(), x: area.left, y: area.top, width: area.w, height: area.h, preserveAspectRatio: "none" });
      draw(svg, "text", { class: "title", x: area.left, y: 12 }, "listener");
      const step = n <= 1 ? 1 : Math.max(1, niceStep(n, Math.max(2, Math.floor(area.h / 22))));
      for (let r = 0; r < rows.length; r += step) {
        const y = area.top + (r + 0.5) * area.h / n;
        draw(svg, "text", { x: area.left - 8, y: Math.max(y + 4, area.top + 10), "text-anchor": "end" }, grouped(S.rows[r].listener));
      }
    },
    tell(t, y) {
      const r = Math.min(rows.length - 1, Math.floor(y * n));
      if (r < 0) return time(t);
      const at = t / S.cell_ms, runs = rows[r], run = runs.find(([, from, to]) => at >= from && at < to);
      const who = "listener " + grouped(S.rows[r].listener) + "\n";
      if (!run) return who + time(t) + ": " + (runs.length && runs[runs.length - 1][0] === 4 ? "ended early" : "done");
      return who + words[run[0]] + " from " + time(run[1] * S.cell_ms) + "\nfor " + time((run[2] - run[1]) * S.cell_ms);
    },
  });
  legend(figure, STATES.filter(([name]) => !RARE.includes(name) || rows.some(runs => runs.some(run => names[run[0]] === name))));
  dataOf(sectionOf("strips"), "strips", ["listener", "state", "from_ms", "to_ms"],
    () => rows.flatMap((runs, r) => runs.filter(run => run[0]).map(([state, from, to]) =>
      [S.rows[r].listener, words[state], round3(from * S.cell_ms), round3(to * S.cell_ms)])));
}

// A number that goes up and down: `levels` has its mean in each bin.
function level(name, binMs, levels, least, title, what) {
  const most = Math.max(least, ...levels) * 1.05;
  timePlot(name, {
    height: () => 120,
    draw({ svg, area, toX }) {
      const toY = n => area.top + area.h * (1 - n / most), [line, shape] = steps(binMs, null, levels, toX, toY);
      draw(svg, "path", { d: shape, fill: "var(--line)", opacity: 0.16 });
      countAxis(svg, area, most, title);
      draw(svg, "path", { d: line, fill: "none", stroke: "var(--line)", "stroke-width": 1.2 });
    },
    tell(t) {
      const at = Math.floor(t / binMs);
      return time(t) + "\n" + (at < levels.length ? number(levels[at]) + " " + what : "not told");
    },
  });
}
const awaited = () => level("awaited", D.audience.bin_ms, D.audience.awaited, 1, "blocks", "blocks awaited");

function load() {
  if (!D.load || !D.load.models.length) return;
  D.load.models.forEach((model, i) => {
    level("queued-" + i, D.load.span_ms, model.queued, 1, "blocks queued", "blocks queued");
    const of = model.workers === null ? "" : " of " + grouped(model.workers);
    level("busy-" + i, D.load.span_ms, model.busy, model.workers || 1, "busy workers" + of, "busy workers" + of);
  });
  dataOf(sectionOf("queued-0"), "service-load", ["model", "from_ms", "queued", "busy", "overflowing"],
    () => D.load.models.flatMap(model => model.queued.map((_, i) =>
      [model.model, round3(i * D.load.span_ms), model.queued[i], model.busy[i], model.overflowing[i]])));
}

function spread(curve) {
  const figure = figureOf("spread-" + curve.name);
  if (!figure || !curve.points.length) return;
  const at = share => curve.points.find(point => point[0] === share)[1];
  const max = Math.max(at(1000), 1e-3), least = Math.max(at(0), 1e-3);
  const log = max > 20 * Math.max(at(500), 1e-3) || (at(500) > 20 * least && max > 5 * at(500));
  const from = log ? Math.max(Math.min(least, at(5)), max / 1e5) : 0;
  const svg = draw(figure, "svg", { role: "img", "aria-label": figure.getAttribute("aria-label") });
  figure.removeAttribute("role");
  figure.removeAttribute("aria-label");
  const area = { left: 44, right: 16, top: 24, bottom: 30, h: 170 };
  let overlay, toX, toY;
  redraws.push(() => {
    const width = Math.max(figure.clientWidth, 240), height = area.top + area.h + area.bottom;
    area.w = width - area.left - area.right;
    svg.setAttribute("viewBox", "0 0 " + width + " " + height);
    svg.setAttribute("height", height);
    svg.replaceChildren();
    const share = v => log ? Math.log(Math.max(v, from) / from) / Math.log(max / from || 2) : v / max;
    toX = v => area.left + area.w * Math.min(1, share(v));
    toY = p => area.top + area.h * (1 - p / 1000);
    draw(svg, "text", { class: "title", x: area.left, y: 12 }, curve.name + (log ? "  (log scale)" : ""));
    for (const p of [0, 250, 500, 750, 1000]) {
      draw(svg, "line", { class: p ? "grid" : "axis", x1: area.left, x2: area.left + area.w, y1: toY(p), y2: toY(p) });
      draw(svg, "text", { x: area.left - 6, y: toY(p) + 4, "text-anchor": "end" }, p / 10 + " %");
    }
    const unit = unitOf(max);
    const marks = log ? decades(from, max, area.w) : ticks(0, max, 0, timeStep(max, Math.max(2, Math.floor(area.w / 70))));
    for (const v of marks) {
      draw(svg, "line", { class: "grid", x1: toX(v), x2: toX(v), y1: area.top, y2: area.top + area.h });
      draw(svg, "text", { x: toX(v), y: area.top + area.h + 16, "text-anchor": "middle" }, log ? time(v).replace(/\.0+(?= )/, "") : tickText(v, unit) + " " + unit[1]);
    }
    let d = "M" + toX(curve.points[0][1]).toFixed(1) + " " + toY(0);
    for (const [p, v] of curve.points) d += "H" + toX(v).toFixed(1) + "V" + toY(p).toFixed(1);
    draw(svg, "path", { d: d + "H" + (area.left + area.w), fill: "none", stroke: "var(--line)", "stroke-width": 1.6 });
    // A quantile beyond which no value lies is not marked.
    for (const p of [500, 950].filter(p => curve.count >= 1000 / (1000 - p))) {
      const x = toX(at(p)), y = toY(p), left = x > area.left + area.w - 90;
      draw(svg, "circle", { cx: x, cy: y, r: 3, fill: "var(--line)" });
      draw(svg, "text", { class: "mark haloed", x: x + (left ? -7 : 8), y: y + (left ? -5 : 14), "text-anchor": left ? "end" : "start" }, "p" + p / 10 + " " + time(at(p)));
    }
    overlay = draw(svg, "g");
  });
  svg.addEventListener("pointermove", event => {
    const box = svg.getBoundingClientRect(), p = Math.min(1000, Math.max(0, 1000 * (1 - (event.clientY - box.top - area.top) / area.h)));
    const point = curve.points.reduce((best, q) => Math.abs(q[0] - p) < Math.abs(best[0] - p) ? q : best);
    overlay.replaceChildren();
    draw(overlay, "circle", { cx: toX(point[1]), cy: toY(point[0]), r: 4, fill: "none", stroke: "var(--ink)" });
    showTip(point[0] / 10 + " % within " + time(point[1]), event.clientX, event.clientY);
  });
  svg.addEventListener("pointerleave", () => { overlay.replaceChildren(); hideTip(); });
}
function decades(from, to, width) {
  const all = [];
  for (let e = Math.floor(Math.log10(from)); e <= Math.log10(to); e++) all.push(Math.pow(10, e));
  const inside = all.filter(v => v >= from * 0.999), every = Math.ceil(inside.length / Math.max(2, Math.floor(width / 70)));
  return inside.filter((_, i) => i % every === 0);
}
function spreads() {
  D.spreads.forEach(spread);
  dataOf(document.getElementById("spreads"), "distributions", ["share_pct"].concat(D.spreads.map(c => c.name + "_ms")), () => {
    const longest = D.spreads.reduce((a, b) => b.points.length > a.points.length ? b : a);
    return longest.points.map(([p], i) => [p / 10].concat(D.spreads.map(c => c.points[i] ? c.points[i][1] : null)));
  });
}

// A plain plot with two numeric axes.
function plain(name, height, redraw, hover) {
  const figure = figureOf(name);
  const svg = draw(figure, "svg", { role: "img", "aria-label": figure.getAttribute("aria-label") });
  figure.removeAttribute("role");
  figure.removeAttribute("aria-label");
  const area = { left: 62, right: 14, top: 24, bottom: 40, h: height };
  redraws.push(() => {
    const width = Math.max(figure.clientWidth, 240), tall = area.top + area.h + area.bottom;
    area.w = width - area.left - area.right;
    svg.setAttribute("viewBox", "0 0 " + width + " " + tall);
    svg.setAttribute("height", tall);
    svg.replaceChildren();
    redraw(svg, area);
  });
  svg.addEventListener("pointermove", event => {
    const box = svg.getBoundingClientRect();
    const text = hover(event.clientX - box.left, event.clientY - box.top, area);
    if (text) showTip(text, event.clientX, event.clientY); else hideTip();
  });
  svg.addEventListener("pointerleave", hideTip);
}
function timeAxis(svg, area, most, toY) {
  const unit = unitOf(most);
  for (const v of ticks(0, most, 0, timeStep(most, 4))) {
    draw(svg, "line", { class: v ? "grid" : "axis", x1: area.left, x2: area.left + area.w, y1: toY(v), y2: toY(v) });
    draw(svg, "text", { x: area.left - 6, y: toY(v) + 4, "text-anchor": "end" }, tickText(v, unit) + " " + unit[1]);
  }
}

function slope() {
  const P = D.slope.points, fit = D.slope.fit;
  if (!figureOf("slope") || !P.length) return;
  const maxX = Math.max(...P.map(p => p[0])) * 1.04, sorted = P.map(p => p[1]).sort((a, b) => a - b);
  const maxY = Math.max(sorted[sorted.length - 1], 1e-3) * 1.04;
  let toX, toY;
  plain("slope", 260, (svg, area) => {
    toX = v => area.left + area.w * v / maxX;
    toY = v => area.top + area.h * (1 - v / maxY);
    timeAxis(svg, area, maxY, toY);
    for (const v of ticks(0, maxX, Math.max(3, Math.floor(area.w / 90)))) {
      draw(svg, "text", { x: toX(v), y: area.top + area.h + 16, "text-anchor": "middle" }, grouped(v));
    }
    draw(svg, "text", { x: area.left + area.w, y: area.top + area.h + 33, "text-anchor": "end" }, "characters of the block");
    draw(svg, "text", { class: "title", x: area.left, y: 12 }, "synthesis_time");
    const dots = P.map(([x, y]) => "M" + toX(x).toFixed(1) + " " + toY(y).toFixed(1) + "h0").join("");
    draw(svg, "path", { d: dots, stroke: "var(--line)", "stroke-width": P.length > 800 ? 3.4 : 4.5, "stroke-linecap": "round", opacity: P.length > 800 ? 0.5 : 0.6, fill: "none" });
    if (fit) {
      const y = x => fit.base_ms + fit.per_char_ms * x;
      const ends = [0, maxX].map(x => [x, y(x)]).map(([x, v]) => v < 0 && fit.per_char_ms ? [-fit.base_ms / fit.per_char_ms, 0] : v > maxY && fit.per_char_ms ? [(maxY - fit.base_ms) / fit.per_char_ms, maxY] : [x, v]);
      draw(svg, "line", { x1: toX(ends[0][0]), y1: toY(ends[0][1]), x2: toX(ends[1][0]), y2: toY(ends[1][1]), stroke: "var(--stalled)", "stroke-width": 1.8 });
    }
  }, (x, y) => {
    let best = null, near = 144;
    for (const p of P) { const far = (toX(p[0]) - x) ** 2 + (toY(p[1]) - y) ** 2; if (far < near) { near = far; best = p; } }
    return best && best[0] + " characters\n" + time(best[1]);
  });
  dataOf(sectionOf("slope"), "synthesis", ["chars", "synthesis_ms"], () => P);
}

function buffers() {
  const B = D.buffers, rows = B.rows;
  if (!figureOf("buffer-stalls") || !rows.length) return;
  const own = D.min_buffer;
  const toX = (area, i) => area.left + area.w * (i + 0.5) / rows.length;
  const base = (svg, area) => {
    const every = Math.ceil(rows.length / Math.max(3, Math.floor(area.w / 34)));
    rows.forEach((row, i) => {
      const x = toX(area, i);
      if (row.buffer === B.least || row.buffer === own) {
        const both = B.least === own, text = both ? "least, as played" : row.buffer === own ? "as played" : "least without stalls";
        draw(svg, "line", { class: "cross", x1: x, x2: x, y1: area.top, y2: area.top + area.h });
        const right = x > area.left + area.w * 0.6;
        draw(svg, "text", { class: "haloed", x: x + (right ? -5 : 5), y: area.top + (row.buffer === own && !both ? 24 : 10), "text-anchor": right ? "end" : "start" }, text);
      }
      if (i % every === 0 || row.buffer === B.least) draw(svg, "text", { x, y: area.top + area.h + 16, "text-anchor": "middle" }, row.buffer);
    });
    draw(svg, "text", { x: area.left + area.w, y: area.top + area.h + 33, "text-anchor": "end" }, "start buffer, blocks");
  };
  const line = (svg, area, toY, key, name) => {
    const known = rows.map((row, i) => [toX(area, i), row[key]]).filter(p => p[1] !== null);
    draw(svg, "path", { d: known.map(([x, v], i) => (i ? "L" : "M") + x.toFixed(1) + " " + toY(v).toFixed(1)).join(""), fill: "none", stroke: "var(--" + name + ")", "stroke-width": 1.6 });
    for (const [x, v] of known) draw(svg, "circle", { cx: x, cy: toY(v), r: 2.6, fill: "var(--" + name + ")" });
  };
  const tell = (x, y, area) => {
    const i = Math.floor((x - area.left) / area.w * rows.length), row = rows[i];
    if (!row) return null;
    const parts = [["p50", row.startup_p50_ms], ["p95", row.startup_p95_ms], ["max", row.startup_max_ms]].filter(part => part[1] !== null);
    const startup = parts.length ? "startup " + parts.map(([name, ms]) => name + " " + time(ms)).join(", ") : "nobody would have begun";
    return "start buffer " + row.buffer + "\n" + grouped(row.stalls) + " stalls of " + grouped(row.stalled_listeners) + " listeners, " + time(row.stalled_ms) + " in all\n" + startup;
  };
  const most = Math.max(1, ...rows.map(row => row.stalls)) * 1.08;
  plain("buffer-stalls", 170, (svg, area) => {
    const toY = v => area.top + area.h * (1 - v / most);
    for (const v of ticks(0, most, 4, Math.max(1, niceStep(most, 4)))) {
      draw(svg, "line", { class: v ? "grid" : "axis", x1: area.left, x2: area.left + area.w, y1: toY(v), y2: toY(v) });
      draw(svg, "text", { x: area.left - 6, y: toY(v) + 4, "text-anchor": "end" }, grouped(v));
    }
    draw(svg, "text", { class: "title", x: area.left, y: 12 }, "stalls of all listeners");
    base(svg, area);
    line(svg, area, toY, "stalls", "stalled");
  }, tell);
  const has = name => rows.some(row => row["startup_" + name + "_ms"] !== null);
  // Of too few listeners for a p95 the slowest is drawn instead.
  const drawn = [["line", "p50"], ["third", has("p95") ? "p95" : "max"]].filter(([, name]) => has(name));
  const slowest = Math.max(1e-3, ...rows.flatMap(row => drawn.map(([, name]) => row["startup_" + name + "_ms"] || 0))) * 1.08;
  plain("buffer-startup", 170, (svg, area) => {
    const toY = v => area.top + area.h * (1 - v / slowest);
    timeAxis(svg, area, slowest, toY);
    draw(svg, "text", { class: "title", x: area.left, y: 12 }, "startup_time");
    base(svg, area);
    for (const [shade, name] of drawn.slice().reverse()) line(svg, area, toY, "startup_" + name + "_ms", shade);
  }, tell);
  legend(figureOf("buffer-startup"), drawn);
  dataOf(document.getElementById("buffers"), "start-buffer", ["start_buffer_blocks", "stalls", "stalled_listeners", "stalled_ms", "startup_p50_ms", "startup_p95_ms", "startup_max_ms"],
    () => rows.map(row => [row.buffer, row.stalls, row.stalled_listeners, round3(row.stalled_ms), row.startup_p50_ms, row.startup_p95_ms, row.startup_max_ms]));
}

function errors() {
  const E = D.errors;
  if (!figureOf("errors") || !E.classes.length) return;
  const bars = E.classes[0][1].length, sums = [];
  for (let i = 0; i < bars; i++) sums.push(E.classes.reduce((sum, entry) => sum + entry[1][i], 0));
  const most = Math.max(...sums) * 1.08, shades = ["stalled", "line", "second", "third", "lost", "playing", "buffering", "soft"];
  timePlot("errors", {
    height: () => 130,
    draw({ svg, area, toX }) {
      const toY = n => area.top + area.h * (1 - n / most);
      countAxis(svg, area, most, "errors");
      for (let i = 0; i < bars; i++) {
        const x0 = Math.max(area.left, toX(i * E.bar_ms)), x1 = Math.min(area.left + area.w, toX((i + 1) * E.bar_ms));
        if (x1 <= x0) continue;
        let below = 0;
        E.classes.forEach(([, counts], c) => {
          if (!counts[i]) return;
          draw(svg, "rect", { x: x0, width: Math.max(1, x1 - x0 - 1), y: toY(below + counts[i]), height: toY(below) - toY(below + counts[i]), fill: "var(--" + shades[c] + ")" });
          below += counts[i];
        });
      }
    },
    tell(t) {
      const i = Math.min(bars - 1, Math.floor(t / E.bar_ms));
      return time(i * E.bar_ms) + " to " + time((i + 1) * E.bar_ms) + "\n" + E.classes.map(([name, counts]) => name + " " + grouped(counts[i])).join("\n");
    },
  });
  legend(figureOf("errors"), E.classes.map(([name, counts], c) => [shades[c], name + " " + grouped(counts.reduce((a, b) => a + b, 0))]));
  dataOf(document.getElementById("errors"), "errors", ["at_ms", "listener", "block", "class", "code", "text"],
    () => E.told.map(e => [e.at_ms, e.listener, e.block, e.class, e.code, e.text]));
}

audience();
legend(figureOf("audience"), told());
dataOf(sectionOf("audience"), "audience", ["from_ms", "buffering", "playing", "stalled", "awaiting_answer", "thinking", "paused", "done", "ended_early", "blocks_awaited"], () => {
  const A = D.audience;
  return A.done.map((_, i) => [round3(i * A.bin_ms), A.buffering[i], A.playing[i], A.stalled[i], A.awaiting[i], A.thinking[i], A.paused[i], A.done[i], A.lost[i], A.awaited[i]]);
});
series(); strips(); heard(); awaited(); load(); spreads(); slope(); buffers(); errors();
for (const link of document.querySelectorAll("a[data-save]")) {
  link.href = URL.createObjectURL(new Blob([document.getElementById(link.dataset.save).textContent], { type: "text/plain" }));
}
drawAll();
document.documentElement.dataset.drawn = "yes";
