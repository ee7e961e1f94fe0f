// What Chart.js draws: accuracy against cost, and learning curves.

const kCostNames = { parameters: "Parameters", seconds_per_epoch: "Seconds per epoch", peak_memory_mb: "Peak memory, MiB" };
const charts = {};

const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Writes the names of arms beside their points, where there is room: right, left, above or below. */
const pointNames = {
  id: "pointNames",
  afterDatasetsDraw(chart) {
    const { ctx, chartArea } = chart;
    const points = chart.data.datasets.map((_, i) => chart.getDatasetMeta(i).data[0]);
    const taken = points.map((p) => ({ left: p.x - 6, right: p.x + 6, top: p.y - 6, bottom: p.y + 6 }));
    ctx.save();
    ctx.font = "12px system-ui, sans-serif";
    ctx.fillStyle = styleColor("--ink");
    ctx.textBaseline = "middle";
    chart.data.datasets.forEach((dataset, i) => {
      const { x, y } = points[i];
      const width = ctx.measureText(dataset.label).width;
      const boxes = [[x + 10, y], [x - 10 - width, y], [x + 6, y - 14], [x + 6, y + 14], [x - 6 - width, y - 14], [x - 6 - width, y + 14]]
        .map(([left, middle]) => ({ left, right: left + width, top: middle - 7, bottom: middle + 7 }));
      const inside = boxes.filter((box) => box.left >= chartArea.left && box.right <= chartArea.right + 10);
      const box = inside.find((b) => !taken.some((t) => overlap(b, t))) ?? inside[0] ?? boxes[0];
      taken.push(box);
      ctx.fillText(dataset.label, box.left, (box.top + box.bottom) / 2);
    });
    ctx.restore();
  },
};

/** The interval of an arm as a line through its point. */
const pointIntervals = {
  id: "pointIntervals",
  beforeDatasetsDraw(chart) {
    const { ctx, scales } = chart;
    ctx.save();
    chart.data.datasets.forEach((dataset, i) => {
      const point = chart.getDatasetMeta(i).data[0];
      if (!point || !dataset.reach) return;
      ctx.strokeStyle = dataset.borderColor;
      ctx.globalAlpha = 0.55;
      ctx.lineWidth = 1.5;
      ctx.beginPath();
      ctx.moveTo(point.x, scales.y.getPixelForValue(dataset.reach[0]));
      ctx.lineTo(point.x, scales.y.getPixelForValue(dataset.reach[1]));
      ctx.stroke();
    });
    ctx.restore();
  },
};

function axis(title, extra = {}) {
  const { ticks, ...rest } = extra;
  return {
    title: { display: title !== "", text: title, color: styleColor("--quiet") },
    grid: { color: styleColor("--line"), borderColor: styleColor("--strong-line") },
    ticks: { color: styleColor("--quiet"), maxTicksLimit: 8, maxRotation: 0, ...ticks },
    ...rest,
  };
}

function drawChart(id, config, description) {
  charts[id]?.destroy();
  const canvas = byId(id);
  canvas.setAttribute("aria-label", description);
  config.options = { animation: false, responsive: true, maintainAspectRatio: false, ...config.options };
  charts[id] = new Chart(canvas, config);
}

function drawCost(report, typeName) {
  const figures = figuresOf(report.comparison);
  const key = byId("cost-choice").value;
  const rows = chosenRows(report, typeName).filter((row) => row.parameters > 0 && hasValues(row));
  byId("cost").hidden = rows.length === 0;
  if (rows.length === 0) return;
  const datasets = rows.map((row) => {
    const place = report.arms.findIndex((arm) => arm.name === row.name);
    const color = armColor(place);
    return {
      label: row.name, data: [{ x: row[key], y: figures.scale * row.mean }], borderColor: color, backgroundColor: color,
      pointStyle: armPointStyle(place), pointRadius: 5, pointHoverRadius: 7,
      reach: row.interval ? [figures.scale * row.interval.low, figures.scale * row.interval.high] : null,
    };
  });
  const ends = datasets.flatMap((d) => [d.data[0].y, ...(d.reach ?? [])]);
  const room = (Math.max(...ends) - Math.min(...ends) || 1) * 0.08;
  const costs = rows.map((row) => row[key]);
  const wide = Math.max(...costs) > 20 * Math.min(...costs);
  const text = (x) => key === "parameters" ? shortMagnitude(x) : Number(x.toPrecision(3)).toLocaleString("en-US");
  const spread = Math.max(...costs) - Math.min(...costs) || Math.max(...costs) * 0.2;
  const limits = wide ? {} : { suggestedMin: Math.max(0, Math.min(...costs) - 0.1 * spread), suggestedMax: Math.max(...costs) + 0.1 * spread };
  drawChart("cost-chart", {
    type: "scatter", data: { datasets }, plugins: [pointIntervals, pointNames],
    options: {
      layout: { padding: { right: 12 } },
      scales: {
        x: axis(kCostNames[key], { type: wide ? "logarithmic" : "linear", ...limits, ticks: { callback: (x) => text(Number(x)) } }),
        y: axis(figures.name, { suggestedMin: Math.min(...ends) - room, suggestedMax: Math.max(...ends) + room }),
      },
      plugins: {
        legend: { display: false },
        tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${item.parsed.y.toFixed(2)} at ${text(item.parsed.x)}` } },
      },
    },
  }, `${figures.name} against ${kCostNames[key].toLowerCase()} of ${rows.length} arms; the figures are in the table of results.`);
}

function curveDatasets(report, state, pointOf) {
  return report.runs.filter((run) => run.curve.length > 0 && !state.hiddenArms.has(run.arm)).map((run) => {
    const place = report.arms.findIndex((arm) => arm.name === run.arm);
    const color = armColor(place);
    return {
      label: `${run.arm}, seed ${run.seed}`, data: run.curve.map(pointOf), borderColor: color, backgroundColor: color,
      pointStyle: armPointStyle(place), pointRadius: run.curve.length > 40 ? 0 : 2, borderWidth: 1.5,
      borderDash: run.state === "done" ? [] : [5, 3], tension: 0,
    };
  });
}

function drawCurves(report, state, redraw) {
  const drawn = report.runs.filter((run) => run.curve.length > 0);
  byId("curves").hidden = drawn.length === 0;
  if (drawn.length === 0) return;
  const arms = report.arms.filter((arm) => drawn.some((run) => run.arm === arm.name));
  const focused = document.activeElement?.dataset?.arm;
  byId("curve-arms").replaceChildren(...arms.map((arm) => {
    const place = report.arms.indexOf(arm);
    const toggle = () => {
      if (!state.hiddenArms.delete(arm.name)) state.hiddenArms.add(arm.name);
      redraw();
    };
    return element("button", { type: "button", "data-arm": arm.name, "aria-pressed": String(!state.hiddenArms.has(arm.name)), onclick: toggle }, swatch(armColor(place)), arm.name);
  }));
  if (focused !== undefined) [...byId("curve-arms").children].find((node) => node.dataset.arm === focused)?.focus();
  const percent = drawn[0].metric === "accuracy";
  const name = percent ? "Validation accuracy, %" : "Validation MSE";
  byId("validation-caption").textContent = name;
  const severalAnEpoch = drawn.some((run) => new Set(run.curve.map((point) => point[0])).size < run.curve.length);
  const x = (point) => severalAnEpoch ? point[1] : point[0];
  const whole = { type: "linear", ticks: { precision: 0 } };
  const draw = (id, title, y) => drawChart(id, {
    type: "line", data: { datasets: curveDatasets(report, state, (point) => ({ x: x(point), y: y(point) })) },
    options: {
      interaction: { mode: "nearest", intersect: false },
      scales: { x: axis(severalAnEpoch ? "step" : "epoch", whole), y: axis("") },
      plugins: { legend: { display: false } },
    },
  }, `${title} of ${drawn.length} runs over ${severalAnEpoch ? "steps" : "epochs"}.`);
  draw("validation-chart", name, (point) => (percent ? 100 : 1) * point[3]);
  draw("loss-chart", "Training loss", (point) => point[2]);
}
