// What a listener heard: its strip, and where in it the player is.
function heard() {
  const H = D.heard, F = D.heard_file, figure = H && F && figureOf("heard");
  if (!figure) return;
  const names = ["", "buffering", "playing", "stalled", "", "awaiting", "thinking", "paused"];
  const words = ["", "buffering", "playing", "stalled", "", "awaiting an answer", "thinking", "paused"];
  const player = figure.closest("section").querySelector("audio");
  const begin = F.from_ms, end = F.from_ms + F.length_ms;
  let head = null, place = null;
  const move = () => {
    if (!head) return;
    const x = place(begin + player.currentTime * 1000);
    head.setAttribute("x1", x);
    head.setAttribute("x2", x);
  };
  timePlot("heard", {
    height: () => 34,
    draw({ svg, area, toX }) {
      const shapes = H.spans.slice().sort((a, b) => (a[0] === 3) - (b[0] === 3));
      for (const [state, from, to] of shapes) {
        const x0 = Math.max(area.left, toX(from)), x1 = Math.min(area.left + area.w, toX(to));
        if (x1 <= area.left || x0 >= area.left + area.w) continue;
        draw(svg, "rect", { x: x0, y: area.top, width: Math.max(x1 - x0, 1), height: area.h, fill: "var(--" + names[state] + ")" });
      }
      for (const [from, to] of [[0, begin], [end, D.horizon_ms]]) {
        const x0 = Math.max(area.left, toX(from)), x1 = Math.min(area.left + area.w, toX(to));
        if (x1 > x0) draw(svg, "rect", { class: "outside", x: x0, y: area.top, width: x1 - x0, height: area.h });
      }
      draw(svg, "text", { class: "title", x: area.left, y: 12 }, "listener " + grouped(H.listener));
      place = t => Math.min(Math.max(toX(t), area.left), area.left + area.w);
      head = player && draw(svg, "line", { class: "head", y1: area.top - 4, y2: area.top + area.h + 4 });
      move();
    },
    tell(t) {
      const span = H.spans.find(([, from, to]) => t >= from && t < to);
      const what = span ? words[span[0]] + " for " + time(span[2] - span[1]) : "not there";
      return time(t) + "\n" + what + (t < begin || t > end ? "\nnot in the file" : "");
    },
    click(t) {
      if (player && t >= begin && t <= end) player.currentTime = (t - begin) / 1000;
    },
  });
  if (!player) return;
  let running = false;
  const follow = () => { move(); if (running) requestAnimationFrame(follow); };
  player.addEventListener("play", () => { if (!running) { running = true; follow(); } });
  for (const name of ["pause", "ended"]) player.addEventListener(name, () => { running = false; });
  for (const name of ["timeupdate", "seeked"]) player.addEventListener(name, move);
  for (const button of figure.closest("section").querySelectorAll("button[data-second]")) {
    button.addEventListener("click", () => { player.currentTime = Number(button.dataset.second); player.play(); });
  }
}
