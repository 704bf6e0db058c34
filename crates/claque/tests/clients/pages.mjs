// A page of claque in Chromium, looked at as axe, a keyboard and a pointer do: `node pages.mjs file:///...`, or of a run that goes on
// `node pages.mjs http://127.0.0.1:PORT/ live`. Prints one JSON document: what axe calls a violation at each width and colour scheme, what the
// console said, where the page is wider than its window, and what came of zooming or of waiting.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const modules = process.env.CLAQUE_TEST_NODE_MODULES;
const require = createRequire(pathToFileURL(join(modules, "..", "package.json")));
const { chromium } = require("playwright-core");
const axe = readFileSync(join(modules, "axe-core", "axe.min.js"), "utf8");

const found = { violations: [], console: [], too_wide: [], looks: 0 };
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });

async function look(page, where) {
  found.looks += 1;
  // The policy of the page lets no script run but its own; this comes from the debugger, as a person's would.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, help, nodes } of violations) {
    found.violations.push({ where, id, help, nodes: nodes.length, first: nodes[0].html.slice(0, 200) });
  }
  const [content, window_] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
  if (content > window_) found.too_wide.push({ where, content, window: window_ });
}

async function open(width, scheme) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
  const page = await context.newPage();
  page.on("console", message => found.console.push(message.text()));
  page.on("pageerror", error => found.console.push(String(error)));
  await page.goto(process.argv[2]);
  return page;
}

const live = process.argv[3] === "live";
const sizes = live ? [] : [[1400, "light"], [768, "dark"], [390, "light"]];
for (const [width, scheme] of sizes) {
  const page = await open(width, scheme);
  await look(page, `${width} ${scheme}`);
  // What is folded is read as well.
  await page.evaluate(() => document.querySelectorAll("details").forEach(details => { details.open = true; }));
  await page.waitForTimeout(50);
  await look(page, `${width} ${scheme}, unfolded`);
  await page.context().close();
}

// Of a page with plots over time: the keyboard gets there, zooms and comes back; so does the pointer, and marks no words.
const page = await open(1000, "light");
if (live) {
  // It follows the run: its words change by themselves. Then it is looked at while it goes on, and in the end it is the report.
  const progress = () => page.locator("#progress").textContent();
  const first = await progress();
  found.followed = await page.waitForFunction(first => document.getElementById("progress").textContent !== first, first).then(() => true);
  await look(page, "live");
  await page.waitForURL("**/report.html", { timeout: 90000 });
  await page.waitForSelector("html[data-drawn=yes]");
  found.became = await page.title();
} else if (await page.locator("figure.time svg").count()) {
  const shown = () => page.locator("figure[data-plot=audience] ~ .zoomed").first().textContent();
  const svg = page.locator("figure[data-plot=audience] svg");
  found.reached = false;
  for (let presses = 0; presses < 200 && !found.reached; presses += 1) {
    await page.keyboard.press("Tab");
    found.reached = await svg.evaluate(node => node === document.activeElement);
  }
  await page.keyboard.press("ArrowRight");
  found.told = await page.locator(".tip").textContent();
  await page.keyboard.press("+");
  await page.waitForTimeout(100);
  found.zoomed = await shown();
  await page.keyboard.press("0");
  await page.waitForTimeout(100);
  found.back = await shown();
  await svg.scrollIntoViewIfNeeded();
  const box = await svg.boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.waitForTimeout(100);
  found.dragged = await shown();
  await page.mouse.dblclick(box.x + box.width * 0.5, box.y + 12);
  await page.waitForTimeout(100);
  found.double_clicked = await shown();
  found.selected = await page.evaluate(() => String(getSelection()));
}
// Where there is something to be heard: it is as long as it says, a click into its strip leads there, and it plays.
if (await page.locator("audio").count()) {
  const player = page.locator("audio"), strip = page.locator("figure[data-plot=heard] svg");
  await page.waitForFunction(() => document.querySelector("audio").readyState >= 1);
  await strip.scrollIntoViewIfNeeded();
  const box = await strip.boundingBox();
  await page.mouse.click(box.x + box.width * 0.6, box.y + 35);
  found.heard_from = await player.evaluate(node => node.currentTime);
  await player.evaluate(node => { node.muted = true; return node.play(); });
  found.heard_on = await page.waitForFunction(from => document.querySelector("audio").currentTime > from + 0.2, found.heard_from).then(() => true);
  found.heard_length = await player.evaluate(node => node.duration);
  found.head = Number(await page.locator("figure[data-plot=heard] .head").getAttribute("x1"));
}
console.log(JSON.stringify(found));
await browser.close();
