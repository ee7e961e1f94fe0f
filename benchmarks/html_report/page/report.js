// Puts the page together, keeps what the reader has chosen, and in a live page asks for news.

const kPollMilliseconds = 3000;

const readData = (id) => JSON.parse(byId(id).textContent);
let report = readData("report-data");
const live = readData("live-data");

const state = {
  resultSort: { key: null, descending: false },
  heatSort: { key: null, descending: false },
  runSort: { key: null, descending: false },
  hiddenArms: new Set(),
  example: null,
  listed: kListed,
  clips: readData("clips-data"),
};

function drawFacts() {
  const comparison = report.comparison;
  const unfinished = report.runs.filter((run) => run.state === "unfinished").length;
  const failed = report.runs.filter((run) => run.state === "failed").length;
  const facts = [];
  if (comparison) {
    if (comparison.dataset !== report.title) facts.push(comparison.dataset);
    facts.push(`${report.split === "val" ? "validation" : "test"} split`, `${grouped(comparison.num_questions)} questions`);
    if (comparison.num_videos > 0) facts.push(`${grouped(comparison.num_videos)} clips`);
  }
  facts.push(`${report.runs.length} ${report.runs.length === 1 ? "run" : "runs"}`);
  if (unfinished) facts.push(`${unfinished} not finished`);
  if (failed) facts.push(`${failed} failed`);
  byId("title").textContent = report.title;
  byId("facts").textContent = facts.join(" \u00b7 ");
  byId("made").textContent = [report.program, report.made].filter(Boolean).join(", ");
}

function draw() {
  drawFacts();
  const finished = Boolean(report.comparison);
  for (const id of ["results", "differences", "types", "cost", "examples"]) byId(id).hidden = !finished;
  if (finished) {
    drawResults(report, state, draw);
    const type = byId("type-choice").value;
    drawForest(report, type);
    drawHeat(report, state, draw);
    drawCost(report, type);
    drawExamples(report, state, draw);
  }
  drawCurves(report, state, draw);
  drawRuns(report, state, draw);
  for (const link of document.querySelectorAll(".sections a")) link.hidden = byId(link.hash.slice(1)).hidden;
}

function say(text, isFault) {
  const status = byId("status");
  status.hidden = false;
  status.classList.toggle("fault", isFault);
  if (status.textContent !== text) status.textContent = text;
}

/** Frames for examples that have come since. */
async function refreshClips() {
  const missing = (report.examples?.items ?? []).some((example) => !(example.video in state.clips.clips));
  if (!missing || !report.hasVideos) return;
  const answer = await fetch("clips.json", { cache: "no-cache" });
  if (answer.ok) state.clips = await answer.json();
}

let revision = null;
async function poll() {
  if (!document.hidden) {
    try {
      const answer = await fetch("report.json", { cache: "no-cache" });
      const news = await answer.json();
      if (news.error) {
        say(news.error, true);
      } else {
        if (revision !== answer.headers.get("ETag")) {
          revision = answer.headers.get("ETag");
          report = news;
          await refreshClips();
          draw();
        }
        say("Live: this page follows the runs.", false);
      }
    } catch (error) {
      say("The server does not answer; what is shown is the last that it said.", true);
    }
  }
  setTimeout(poll, kPollMilliseconds);
}

for (const id of ["type-choice", "heat-choice", "cost-choice"]) byId(id).addEventListener("change", draw);
const filterAgain = () => {
  state.listed = kListed;
  drawExamples(report, state, draw);
};
byId("example-filters").addEventListener("input", filterAgain);
byId("example-filters").addEventListener("submit", (event) => event.preventDefault());
byId("example-clear").addEventListener("click", () => {
  for (const id of ["example-text", "example-type", "example-verdict"]) byId(id).value = "";
  filterAgain();
});
byId("example-more").addEventListener("click", () => {
  state.listed += kListed;
  drawExamples(report, state, draw);
});
byId("example-list").addEventListener("keydown", moveInList);
prefersDark.addEventListener("change", draw);
for (const [event, printing] of [["beforeprint", true], ["afterprint", false]]) {
  window.addEventListener(event, () => {
    theme.printing = printing;
    draw();
  });
}

draw();
if (live) poll();
