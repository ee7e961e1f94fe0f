// The browser of questions: a filtered list, and one of them with answers, frames and attention.

const kListed = 60;

/** Most of its runs are right. */
const isRight = (arm) => 2 * arm.right > arm.runs;
const typeOf = (example) => example.type.split("/")[0];
const questionText = (example) => example.question || `question ${example.id}`;

function filteredExamples(examples, state) {
  const words = byId("example-text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const type = byId("example-type").value;
  const verdict = byId("example-verdict").value.split("-");
  const a = Number(byId("example-a").value);
  const b = Number(byId("example-b").value);
  return examples.items.filter((example) => {
    if (type && typeOf(example) !== type) return false;
    if (verdict.length === 2 && (isRight(example.arms[a]) !== (verdict[0] === "right") || isRight(example.arms[b]) !== (verdict[1] === "right"))) return false;
    const text = [example.question, example.id, example.video, example.gold, ...example.answers].join("\n").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function verdictMark(arm, name) {
  const right = isRight(arm);
  const text = arm.runs > 1 ? `${arm.right} of ${arm.runs} runs right` : right ? "right" : "wrong";
  return element("span", { class: `verdict ${right ? "right" : "wrong"}`, title: `${name}: ${text}`, role: "img", "aria-label": `${name}: ${text}` }, right ? "\u2713" : "\u2717");
}

function answersTable(report, example, arms, places) {
  const table = element("table", { class: "figures answers" });
  const head = element("tr", {}, element("th", { scope: "col" }, "Answer"), ...example.arms.map((arm, i) =>
    element("th", { scope: "col" }, element("span", { class: "name" }, ...breakable(arms[i])), element("span", { class: "options" }, verdictMark(arm, arms[i]), arm.runs > 1 ? ` ${arm.right}/${arm.runs} seeds` : null))));
  const lines = example.answers.map((answer, i) => {
    const gold = answer === example.gold;
    const cells = example.arms.map((arm, a) => {
      const score = arm.scores[i];
      const chosen = arm.chosen[i];
      const cell = element("td", { class: chosen > 0 ? "score chosen" : "score" });
      if (score === null) return cell;
      const known = arm.scores.filter((s) => s !== null);
      const low = Math.min(...known);
      const reach = Math.max(...known) - low || 1;
      const bar = element("span", { class: "bar", "aria-hidden": "true" });
      bar.style.width = `calc(${Math.max(2, (92 * (score - low)) / reach)}% - 0.2rem)`;
      bar.style.background = armColor(places[a]);
      cell.append(score.toFixed(3).replace("-", kMinus), bar);
      if (chosen > 0) cell.setAttribute("title", arm.runs > 1 ? `chosen by ${chosen} of ${arm.runs} runs` : "chosen");
      return cell;
    });
    return element("tr", { class: gold ? "gold" : null }, element("th", { scope: "row", class: "answer" }, `${gold ? "\u2713 " : ""}${answer}`), ...cells);
  });
  if (example.answers.length === 0) {  // counts
    lines.push(element("tr", {}, element("th", { scope: "row", class: "answer" }, "answer of each run"), ...example.arms.map((arm) => element("td", {}, arm.said))),
      element("tr", {}, element("th", { scope: "row", class: "answer" }, "output, mean"), ...example.arms.map((arm) => element("td", {}, arm.rawCount.toFixed(2)))));
  }
  if (!example.answers.includes(example.gold)) {
    lines.push(element("tr", { class: "gold" }, element("th", { scope: "row", class: "answer" }, `\u2713 ${example.gold}`),
      element("td", { class: "text span", colspan: example.arms.length }, example.answers.length ? "the right answer, not among the best of any" : "the right answer")));
  }
  table.append(element("thead", {}, head), element("tbody", {}, ...lines));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Answers and their scores" }, table);
}

/** Bars of the weights over `duration` seconds, and a dashed line where all frames would count alike. */
function attentionPlot(attention, duration, color, name) {
  const n = attention.weights.length;
  const seconds = attention.seconds.length ? attention.seconds : attention.weights.map((_, i) => ((i + 0.5) * duration) / n);
  const edges = [0, ...seconds.slice(1).map((s, i) => (s + seconds[i]) / 2), duration];
  const top = Math.max(...attention.weights, 1e-9);
  const x = (s) => (100 * Math.max(0, Math.min(s, duration))) / duration;
  const bars = attention.weights.map((w, i) => svgElement("rect", {
    x: x(edges[i]), width: Math.max(0.05, x(edges[i + 1]) - x(edges[i]) - 0.15), y: 30 - (28 * w) / top, height: (28 * w) / top, fill: color,
  }, svgElement("title", {}, `${seconds[i].toFixed(1)} s: ${w.toFixed(3)}`)));
  const even = 30 - 28 / n / top;
  const strongest = attention.weights.indexOf(Math.max(...attention.weights));
  return svgElement("svg", { viewBox: "0 0 100 30", preserveAspectRatio: "none", role: "img", "aria-label": `Attention of ${name}: largest at ${seconds[strongest].toFixed(1)} s` },
    ...bars, svgElement("line", { x1: 0, x2: 100, y1: even, y2: even, stroke: "currentColor", "stroke-width": 0.6, "stroke-dasharray": "1.2 1.2", "vector-effect": "non-scaling-stroke", opacity: 0.6 }));
}

function timeline(example, arms, places, clips) {
  const clip = clips.clips[example.video];
  const looking = example.arms.map((arm, i) => ({ arm, i })).filter(({ arm }) => arm.attention);
  if (!clip && looking.length === 0) return null;
  const last = Math.max(1, ...looking.flatMap(({ arm }) => arm.attention.seconds));
  const timed = clip || looking.some(({ arm }) => arm.attention.seconds.length > 0);
  const duration = clip ? clip.duration : last;
  const node = element("div", { class: "timeline" });
  if (clip) {
    node.append(element("div", { class: "frames" }, ...clip.frames.map(([seconds, picture]) =>
      element("figure", {}, element("img", { src: picture, alt: `Frame at ${seconds.toFixed(1)} s`, loading: "lazy" }), element("figcaption", {}, `${seconds.toFixed(1)} s`)))));
  }
  for (const { arm, i } of looking)
    node.append(element("div", { class: "name" }, ...breakable(arms[i])), attentionPlot(arm.attention, duration, armColor(places[i]), arms[i]));
  if (looking.length > 0) {
    node.append(element("div", { class: "scale" }, element("span", {}, timed ? "0 s" : "first frame"),
      element("span", {}, "attention over time; dashed: all frames alike"), element("span", {}, timed ? `${duration.toFixed(1)} s` : "last frame")));
  }
  return node;
}

function drawDetail(report, example, clips) {
  const arms = report.examples.arms;
  const places = arms.map((name) => report.arms.findIndex((arm) => arm.name === name));
  const detail = byId("example-detail");
  if (!example) {
    detail.replaceChildren(element("p", { class: "empty" }, "No example matches."));
    return;
  }
  detail.replaceChildren(...[
    element("h3", {}, questionText(example)),
    element("p", { class: "meta quiet" }, [example.type && `type ${example.type}`, `clip ${example.video}`, `id ${example.id}`].filter(Boolean).join(" \u00b7 ")),
    answersTable(report, example, arms, places),
    timeline(example, arms, places, clips),
  ].filter(Boolean));
}

function drawExamples(report, state, redraw) {
  const examples = report.examples;
  byId("examples").hidden = !examples || examples.items.length === 0;
  if (byId("examples").hidden) return;
  const several = examples.items.some((example) => example.arms.some((arm) => arm.runs > 1));
  const clips = state.clips;
  byId("examples-how").textContent = [examples.how, clips.how, ...clips.faults.slice(0, 3), clips.faults.length > 3 ? `${clips.faults.length - 3} more clips without frames.` : "",
    several ? "An arm counts as right where most of its runs are; scores are means over them." : ""].filter(Boolean).join(" ");
  setChoices(byId("example-type"), [["", "all"], ...[...new Set(examples.items.map(typeOf))].sort().filter(Boolean).map((type) => [type, type])]);
  const choices = examples.arms.map((name, i) => [String(i), name]);
  const fresh = byId("example-b").options.length === 0;
  setChoices(byId("example-a"), choices);
  setChoices(byId("example-b"), choices);
  if (fresh) {
    const base = examples.arms.indexOf(report.comparison.rows.find((row) => row.baseline)?.name);
    byId("example-b").value = String(Math.max(0, base));
    byId("example-a").value = String(base === examples.arms.length - 1 ? Math.max(0, base - 1) : examples.arms.length - 1);
  }
  const found = filteredExamples(examples, state);
  byId("example-count").textContent = `${grouped(found.length)} of ${grouped(examples.items.length)} examples`;
  const current = found.find((example) => example.id === state.example) ?? found[0];
  const shown = found.slice(0, state.listed);
  const focused = document.activeElement?.dataset?.example;
  byId("example-list").replaceChildren(...shown.map((example) => element("li", {},
    element("button", { type: "button", "data-example": example.id, "aria-current": example === current ? "true" : null, onclick: () => { state.example = example.id; redraw(); } },
      element("span", { class: "question" }, questionText(example)),
      element("span", { class: "verdicts" }, ...example.arms.map((arm, i) => verdictMark(arm, examples.arms[i])), element("span", { class: "type" }, typeOf(example)))))));
  if (focused !== undefined) [...byId("example-list").querySelectorAll("button")].find((node) => node.dataset.example === focused)?.focus({ preventScroll: true });
  byId("example-more").hidden = shown.length === found.length;
  drawDetail(report, current, clips);
}

/** Up and down go through the list. */
function moveInList(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = [...byId("example-list").querySelectorAll("button")];
  const next = buttons[buttons.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.click();
}
