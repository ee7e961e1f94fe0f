// Paired differences to the baseline with their intervals, a line each.

/** Steps of 1, 2 or 5 times a power of ten, about `count` of them from `low` to `high`. */
function ticksBetween(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((s) => s * power).find((s) => s >= rough);
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high; ++i) ticks.push(i * step);
  return ticks;
}

function forestLine(className, name, plot, figure) {
  return element("div", { class: `line ${className}`, role: "row" },
    element("div", { class: "name", role: "rowheader" }, ...breakable(name)), element("div", { class: "plot", role: "cell" }, ...plot),
    element("div", { class: "figure", role: "cell" }, figure));
}

function placed(className, left, width) {
  const node = element("span", { class: className });
  node.style.left = `${left}%`;
  if (width !== undefined) node.style.width = `${width}%`;
  return node;
}

function drawForest(report, typeName) {
  const figures = figuresOf(report.comparison);
  const all = chosenRows(report, typeName);
  const rows = all.filter((row) => row.difference);
  const baseline = all.find((row) => row.baseline);
  byId("differences").hidden = rows.length === 0;
  if (rows.length === 0) return;
  const better = report.comparison.higher_is_better ? "right of the line is better" : "left of the line is better";
  byId("differences-lead").textContent = `Against ${baseline.name}${typeName ? `, questions of type ${typeName}` : ""}, in ${figures.unit}, with 95 % intervals over questions; ${better}.`;
  const lows = rows.map((row) => row.difference.low * figures.scale);
  const highs = rows.map((row) => row.difference.high * figures.scale);
  let low = Math.min(0, ...lows);
  let high = Math.max(0, ...highs);
  const margin = (high - low || 1) * 0.04;
  low -= margin;
  high += margin;
  const at = (x) => (100 * (x - low)) / (high - low);
  const lines = rows.map((row) => {
    const d = row.difference;
    const left = at(d.low * figures.scale);
    const marks = [placed("zero", at(0)), placed("reach", left, at(d.high * figures.scale) - left), placed("dot", at(d.estimate * figures.scale))];
    const place = report.arms.findIndex((arm) => arm.name === row.name);
    for (const mark of marks.slice(1)) mark.style.color = isControl(row) ? styleColor("--quiet") : armColor(place);
    const text = `${figures.difference(d.estimate)}  [${figures.difference(d.low)}, ${figures.difference(d.high)}]`;
    return forestLine(isControl(row) ? "control" : "", row.name, marks, isSignificant(row) ? element("strong", {}, text) : text);
  });
  const ticks = ticksBetween(low, high, 6).filter((tick) => at(tick) > 3 && at(tick) < 97).map((tick) => {
    const node = placed("tick", at(tick));
    node.textContent = withSign(String(Number(tick.toPrecision(6))), tick);
    return node;
  });
  byId("forest").replaceChildren(...lines, forestLine("axis", "", ticks, figures.unit));
}
