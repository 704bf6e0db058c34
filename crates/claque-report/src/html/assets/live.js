// A run that goes on: what is told takes the place of what was, and all is drawn again.
const byId = id => document.getElementById(id);
const clock = ms => {
  const s = Math.floor(ms / 1000), two = n => String(n).padStart(2, "0"), m = Math.floor(s / 60);
  return m >= 60 ? Math.floor(m / 60) + ":" + two(m % 60) + ":" + two(s % 60) : m + ":" + two(s % 60);
};
function course(name, lines, title) {
  timePlot(name, {
    height: () => 110,
    draw({ svg, area, toX }) {
      const C = D.courses, most = Math.max(1, ...lines.flatMap(([key]) => C[key])) * 1.05;
      const toY = n => area.top + area.h * (1 - n / most);
      lines.forEach(([key, colour], place) => {
        const [line, shape] = steps(C.bin_ms, null, C[key], toX, toY);
        if (place === 0) draw(svg, "path", { d: shape, fill: "var(--" + colour + ")", opacity: 0.16 });
        draw(svg, "path", { d: line, fill: "none", stroke: "var(--" + colour + ")", "stroke-width": 1.2 });
      });
      countAxis(svg, area, most, title);
    },
    tell(t) {
      const C = D.courses, i = Math.min(C[lines[0][0]].length - 1, Math.floor(t / C.bin_ms));
      return i < 0 ? time(t) : time(t) + "\n" + lines.map(([key, , what]) => number(C[key][i]) + " " + what).join("\n");
    },
  });
}
const row = cells => make("tr", {}, ...cells.map(([text, kind]) => make("td", kind ? { class: kind } : {}, text)));
function fill(id, rows, none) {
  byId(id).querySelector("tbody").replaceChildren(...(rows.length ? rows : [row([[none, "word"]])]));
}
function words() {
  byId("about").textContent = D.about;
  byId("progress").textContent = D.progress;
  byId("headline").replaceChildren(...D.headline.map(f =>
    make("div", {}, make("dt", {}, f.name), make("dd", {}, f.value, make("small", {}, f.more)))));
  fill("worst", D.worst.map(w => row([["listener " + grouped(w.listener), "word"], [grouped(w.underruns)], [time(w.stalled_ms)], [clock(w.until_ms)]])), "nobody");
  fill("feed", D.feed.map(e => row([[clock(e.at_ms)], [grouped(e.count)], [e.class || "remark", "word"], [e.words, "long"]])), "none");
  byId("queue").hidden = !D.tells_queue;
  document.title = "claque: " + D.title;
}
function take(news) {
  const followed = whole();
  Object.assign(D, news);
  if (followed) { view.from = 0; view.to = D.horizon_ms; }
  words();
  plan();
}
function over(said, isBad) {
  const box = byId("outcome");
  box.hidden = false;
  box.classList.toggle("invalid", isBad);
  box.querySelector("p").replaceChildren(...said);
}
audience();
legend(figureOf("audience"), STATES.filter(([name]) => D.audience[name]));
course("blocks", [["blocks", "line", "blocks a second"]], "blocks a second");
course("underruns", [["underruns", "stalled", "underruns a second"]], "underruns a second");
course("failures", [["errors", "second", "errors a second"]], "errors a second");
course("queue", [["queued", "line", "jobs waiting"], ["busy", "second", "workers with a job"]], "jobs, workers");
words();
drawAll();
const source = new EventSource("/events");
let ended = false;
source.onmessage = event => take(JSON.parse(event.data));
source.addEventListener("end", event => {
  ended = true;
  source.close();
  const { outcome, ...news } = JSON.parse(event.data);
  take({ ...news, progress: "The run is over." });
  over([make("strong", {}, outcome.verdict), " The run has ended. Its folder: " + outcome.folder], !outcome.valid);
  byId("outcome").querySelector("ul").replaceChildren(...outcome.reasons.map(text => make("li", {}, text)));
  document.documentElement.dataset.ended = "yes";
  // The report takes the place of this page while there is still somebody to serve it.
  if (outcome.report) location.replace("/report.html");
});
source.onerror = () => {
  if (ended) return;
  source.close();
  over(["claque has gone without saying how the run ended."], true);
};
document.documentElement.dataset.drawn = "yes";
