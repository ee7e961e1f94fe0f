// Opens the report in Chromium as a reader would: sorts, filters, looks at examples, in the dark, on a phone, on paper,
// and live. Screenshots go to $VIDQA_BROWSER_OUTPUT. Ends with 77 (CTest: skipped) where there is no browser.
//   VIDQA_PROGRAM=build/release/vidqa VIDQA_BROWSER_OUTPUT=build/report node report_test.js

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, parse, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { hostile, writeRuns, writeUnfinished } from "./fixture.js";

const program = resolve(process.env.VIDQA_PROGRAM);
const output = resolve(process.env.VIDQA_BROWSER_OUTPUT);
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const playwright = await import("playwright-core").catch(() => null);
if (!playwright || !browserPath) {
  console.log(`skipped: ${playwright ? "no Chromium (package chromium)" : "no playwright-core (npm ci in tests/browser)"}; ./setup.sh installs it`);
  process.exit(77);
}

const step = async (name, work) => {
  await work();
  console.log(`ok  ${name}`);
};
const run = (...options) => execFileSync(program, options, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const data = join(output, "data");
run("synth", "--output", data, "--clips", "24", "--frames", "24", "--seed", "5");
const clips = readdirSync(join(data, "videos")).filter((name) => name.endsWith(".mp4")).map((name) => parse(name).name).sort();
assert.ok(clips.length > 0);
const root = join(output, "compare");
const { asked, correct } = writeRuns(root, clips);
const page_path = join(output, "report.html");
run("report", root, "--videos", join(data, "videos"), "-o", page_path);

const browser = await playwright.chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
const faults = [];
const openPage = async (url, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("dialog", (dialog) => { faults.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || request.url().startsWith(url) || faults.push(`asks for ${request.url()}`));
  await page.goto(url);
  return page;
};
const firstCells = (page, table) => page.$$eval(`#${table} tbody th`, (cells) => cells.map((cell) => cell.querySelector(".name").textContent));
const column = (page, table, number) => page.$$eval(`#${table} tbody tr`, (rows, n) => rows.map((row) => row.cells[n].textContent), number);
const shownExamples = async (page) => Number((await page.textContent("#example-count")).split(" ")[0]);

try {
  const page = await openPage(pathToFileURL(page_path).href);

  await step("shows title, facts and every arm", async () => {
    assert.equal(await page.textContent("#title"), "tgif-action");
    assert.match(await page.textContent("#facts"), /150 questions · \d+ clips · 18 runs/);
    assert.deepEqual((await firstCells(page, "results-table")).sort(), [...Object.keys(correct), "chance", "most frequent"].sort());
  });

  await step("gives the accuracies that the runs have", async () => {
    const names = await firstCells(page, "results-table");
    const accuracies = await column(page, "results-table", 1);
    for (const [name, seeds] of Object.entries(correct)) {
      const mean = seeds.flat().filter(Boolean).length / seeds.flat().length;
      assert.equal(accuracies[names.indexOf(name)], (100 * mean).toFixed(1), name);
    }
  });

  await step("sorts by a click and by the keyboard", async () => {
    const numbers = async () => (await column(page, "results-table", 1)).map(Number);
    await page.click('#results-table button[data-key="mean"]');
    assert.equal(await page.getAttribute('#results-table th:has(button[data-key="mean"])', "aria-sort"), "descending");
    const down = await numbers();
    assert.deepEqual(down, [...down].sort((a, b) => b - a));
    await page.keyboard.press("Enter");  // the heading has kept the focus
    const up = await numbers();
    assert.equal(await page.getAttribute('#results-table th:has(button[data-key="mean"])', "aria-sort"), "ascending");
    assert.deepEqual(up, [...up].sort((a, b) => a - b));
    await page.click('#results-table button[data-key="name"]');
    assert.equal((await firstCells(page, "results-table"))[0], "block");
    for (const key of await page.$$eval("#results-table button.sort", (buttons) => buttons.map((b) => b.dataset.key)))
      await page.click(`#results-table button[data-key="${key}"]`);
    await page.click('#results-table button[data-key="mean"]');
  });

  await step("gives the figures of one question type", async () => {
    await page.selectOption("#type-choice", "count");
    const of = asked.map((q, i) => [q, i]).filter(([q]) => q.type === "count").map(([, i]) => i);
    const names = await firstCells(page, "results-table");
    const accuracies = await column(page, "results-table", 1);
    const values = correct.block.flatMap((seed) => of.map((i) => seed[i]));
    assert.equal(accuracies[names.indexOf("block")], ((100 * values.filter(Boolean).length) / values.length).toFixed(1));
    assert.match(await page.textContent("#differences-lead"), /type count/);
    await page.selectOption("#type-choice", "");
  });

  await step("draws forest, heat map and charts", async () => {
    const zero = await page.$eval("#forest .zero", (node) => parseFloat(node.style.left));
    for (const line of await page.$$eval("#forest .line:not(.axis)", (lines) => lines.map((l) => ({ text: l.querySelector(".figure").textContent, dot: parseFloat(l.querySelector(".dot").style.left) }))))
      assert.equal(Math.sign(line.dot - zero), line.text.startsWith("+") ? 1 : -1, line.text);
    assert.equal((await page.$$("#heat-table tbody tr")).length, 5);  // of arms but the baseline
    await page.selectOption("#heat-choice", "value");
    assert.equal((await page.$$("#heat-table tbody tr")).length, 8);
    await page.selectOption("#heat-choice", "difference");
    const painted = (id) => page.$eval(id, (canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((x) => x > 0));
    for (const id of ["#cost-chart", "#validation-chart", "#loss-chart"]) assert.ok(await painted(id), id);
    for (const cost of ["seconds_per_epoch", "peak_memory_mb", "parameters"]) await page.selectOption("#cost-choice", cost);
    assert.deepEqual(await page.evaluate(() => [500, 20000, 100000, 120000, 2e6, 2.5e6, 1e7].map(shortMagnitude)), ["500", "20 k", "100 k", "120 k", "2 M", "2.5 M", "10 M"]);
    const lines = () => page.evaluate(() => charts["validation-chart"].data.datasets.length);
    assert.equal(await lines(), 18);
    await page.click('#curve-arms button[data-arm="block"]');
    assert.equal(await lines(), 15);
    assert.equal(await page.getAttribute('#curve-arms button[data-arm="block"]', "aria-pressed"), "false");
    await page.keyboard.press("Space");
    assert.equal(await lines(), 18);
  });

  const isRight = (name, i) => 2 * correct[name].filter((seed) => seed[i]).length > correct[name].length;
  const a = "mfb:mm_dim=128";
  const b = "mcb:mm_dim=1600";
  await step("filters: A right, B wrong, a type, a text", async () => {
    assert.equal(await shownExamples(page), 150);
    await page.selectOption("#example-a", { label: a });
    await page.selectOption("#example-b", { label: b });
    await page.selectOption("#example-verdict", "right-wrong");
    const expected = asked.filter((_, i) => isRight(a, i) && !isRight(b, i));
    assert.ok(expected.length > 0 && expected.length < 150);
    assert.equal(await shownExamples(page), expected.length);
    await page.selectOption("#example-type", "action");
    assert.equal(await shownExamples(page), expected.filter((q) => q.type === "action").length);
    await page.fill("#example-text", "SHAPE red");
    assert.equal(await shownExamples(page), expected.filter((q) => q.type === "action" && q.question.includes("red shape")).length);
    await page.click("#example-clear");
    assert.equal(await shownExamples(page), 150);
    await page.fill("#example-text", "no such words");
    assert.equal(await shownExamples(page), 0);
    await page.fill("#example-text", "");
  });

  await step("shows an example with answers, frames and attention; text stays text", async () => {
    await page.click("#example-list li:nth-child(4) button");
    assert.equal(await page.textContent("#example-detail h3"), asked[3].question);
    await page.click("#example-list li:nth-child(1) button");
    assert.equal(await page.textContent("#example-detail h3"), hostile);
    assert.equal((await page.$$("#example-detail img")).length, 8);
    assert.ok(await page.$eval("#example-detail img", (image) => image.decode().then(() => image.naturalWidth === 160 || image.naturalWidth > 0)));
    assert.equal((await page.$$("#example-detail svg")).length, 5);  // the question-only arm sees no frames
    assert.equal((await page.$$("#example-detail tbody tr")).length, 5);
    assert.equal(await page.textContent("#example-detail tr.gold th"), `\u2713 jump`);
    await page.focus("#example-list li:nth-child(1) button");
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.textContent("#example-detail h3"), asked[1].question);
    assert.equal(await page.$eval("#example-list li:nth-child(2) button", (node) => node === document.activeElement), true);
    assert.equal((await page.$$("#example-list li")).length, 60);
    await page.click("#example-more");
    assert.equal((await page.$$("#example-list li")).length, 120);
    await page.click("#example-list li:nth-child(1) button");
  });

  await step("fits its columns into the page", async () => {
    for (const id of ["results-table", "heat-table", "runs-table"])
      assert.ok(await page.$eval(`#${id}`, (table) => table.offsetWidth <= table.parentElement.clientWidth), id);
  });

  const background = (p) => p.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await step("is bright or dark as the reader's screen", async () => {
    assert.equal(await background(page), "rgb(255, 255, 255)");
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.screenshot({ path: join(output, "report.png"), fullPage: true });
    await page.emulateMedia({ colorScheme: "dark" });
    assert.notEqual(await background(page), "rgb(255, 255, 255)");
    await page.waitForTimeout(200);
    await page.screenshot({ path: join(output, "report_dark.png"), fullPage: true });
    await page.emulateMedia({ colorScheme: "light" });
  });

  await step("prints, on white also from a dark screen", async () => {
    await page.emulateMedia({ colorScheme: "dark", media: "print" });
    assert.equal(await background(page), "rgb(255, 255, 255)");
    assert.equal(await page.isVisible(".sections"), false);
    await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
    await page.setViewportSize({ width: 794, height: 1123 });  // A4
    await page.waitForTimeout(200);
    await page.screenshot({ path: join(output, "report_print.png"), fullPage: true });
    await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ colorScheme: "light", media: "screen" });
    await page.pdf({ path: join(output, "report.pdf"), format: "A4", printBackground: true });
  });
  await page.context().close();

  await step("fits a phone", async () => {
    const phone = await openPage(pathToFileURL(page_path).href, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "nothing is wider than the screen");
    await phone.tap("#example-list li:nth-child(2) button");
    assert.equal(await phone.textContent("#example-detail h3"), asked[1].question);
    await phone.screenshot({ path: join(output, "report_phone.png"), fullPage: true });
    await phone.context().close();
  });

  await step("follows runs without being loaded again, and ends with Ctrl-C", async () => {
    writeUnfinished(root, 2);
    const server = spawn(program, ["serve", root, "--port", "0"], { stdio: ["ignore", "pipe", "ignore"] });
    const ended = new Promise((done) => server.on("exit", done));
    const url = String(await new Promise((said) => server.stdout.once("data", said))).trim();
    const live = await openPage(url);
    await live.evaluate(() => { window.sameDocument = true; });
    await live.waitForSelector("#status:not([hidden])");
    const epochs = () => live.evaluate(() => [...document.querySelectorAll("#runs-table tbody tr")].find((row) => row.textContent.includes("mutan")).cells[3].textContent);
    assert.equal(await epochs(), "2");
    await live.fill("#example-text", "circle");
    writeUnfinished(root, 5);
    await live.waitForFunction(() => [...document.querySelectorAll("#runs-table tbody tr")].some((row) => row.textContent.includes("mutan") && row.cells[3].textContent === "5"), null, { timeout: 20000 });
    assert.equal(await live.evaluate(() => window.sameDocument), true);
    assert.equal(await live.inputValue("#example-text"), "circle");
    const log = await live.evaluate(() => fetch("files/0/runs/block/seed1/train.log").then((answer) => answer.text()));
    assert.equal(log, "epoch 14\n");
    await live.context().close();
    server.kill("SIGINT");
    assert.equal(await ended, 0);
  });

  assert.deepEqual(faults, [], "errors, warnings, or requests to elsewhere");
  console.log(`screenshots: ${output}`);
} finally {
  await browser.close();
}
