// The audience over time. It is read anew each time it is drawn: while a run goes on it grows.
const STATES = [["playing", "playing"], ["stalled", "stalled"], ["awaiting", "awaiting an answer"], ["thinking", "thinking"], ["paused", "paused"], ["buffering", "buffering"], ["lost", "ended early"], ["done", "done"]];
// Those that a run may lack are left out where it does.
const RARE = ["awaiting", "thinking", "paused", "lost"];
const occurs = name => !RARE.includes(name) || (D.audience[name] || []).some(n => n > 0);
const told = () => STATES.filter(([name]) => occurs(name));
function audience() {
  timePlot("audience", {
    height: width => width < 500 ? 180 : 240,
    draw({ svg, area, toX }) {
      const A = D.audience, levels = [];
      let below = new Array(A.done.length).fill(0);
      for (const [name] of told()) {
        const above = below.map((n, i) => n + A[name][i]);
        levels.push([name, below, above]);
        below = above;
      }
      const most = Math.max(1, ...below), toY = n => area.top + area.h * (1 - n / most);
      for (const [name, low, high] of levels) {
        draw(svg, "path", { d: steps(A.bin_ms, low, high, toX, toY)[1], fill: "var(--" + name + ")" });
      }
      countAxis(svg, area, most, "listeners");
    },
    tell(t) {
      const A = D.audience, i = Math.min(A.done.length - 1, Math.floor(t / A.bin_ms));
      return i < 0 ? time(t) : time(t) + "\n" + told().map(([name, text]) => text + " " + number(A[name][i])).join("\n");
    },
  });
}
