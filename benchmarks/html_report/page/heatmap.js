// Arms by question types, coloured by value or by difference to the baseline.

/** Blue above, orange below; strength 0..1. The page shines through, so that the text stays readable. */
function heatColor(strength) {
  const s = Math.max(-1, Math.min(1, strength));
  const alpha = (0.55 * Math.abs(s)).toFixed(3);
  return s >= 0 ? `rgba(0, 114, 178, ${alpha})` : `rgba(230, 140, 0, ${alpha})`;
}

function drawHeat(report, state, redraw) {
  const types = report.types || [];
  byId("types").hidden = types.length < 2;
  if (types.length < 2) return;
  const figures = figuresOf(report.comparison);
  const sign = report.comparison.higher_is_better ? 1 : -1;
  const differences = byId("heat-choice").value === "difference";
  const figure = (row, type) => {
    const part = type.rows.find((r) => r.name === row.name && r.kind === row.kind);
    if (differences) return part?.difference?.estimate ?? null;
    return part ? part.mean : row.by_type[type.type] ?? null;
  };
  const rows = report.comparison.rows.filter((row) => types.some((type) => figure(row, type) !== null));
  const all = rows.flatMap((row) => types.map((type) => figure(row, type))).filter((x) => x !== null);
  const low = Math.min(...all);
  const high = Math.max(...all);
  // A control far below would leave no shades for the arms.
  const ofArms = rows.filter((row) => !isControl(row)).flatMap((row) => types.map((type) => figure(row, type) ?? 0));
  const largest = Math.max(...ofArms.map(Math.abs), 1e-9);
  const strength = (x) => differences ? (sign * x) / largest : (high > low ? (sign > 0 ? x - low : high - x) / (high - low) : 0);
  const columns = [{ key: "name", heading: "Arm", text: true, value: (row) => row.name, cell: (row) => nameCell(report, row) },
    ...types.map((type) => ({
      key: `type ${type.type}`, heading: `${type.type} (${grouped(type.numQuestions)})`, value: (row) => figure(row, type),
      strong: (row) => { const part = type.rows.find((r) => r.name === row.name); return differences && part && isSignificant(part); },
      cell: (row) => { const x = figure(row, type); return x === null ? "\u2013" : differences ? figures.difference(x) : figures.value(x); },
    }))];
  fillTable(byId("heat-table"), columns, rows, state.heatSort, redraw, (row) => isControl(row) ? "control" : null);
  const shown = byId("heat-table").tBodies[0].rows;
  const sorted = state.heatSort.key ? sortedBy(rows, columns.find((c) => c.key === state.heatSort.key).value, state.heatSort.descending) : rows;
  sorted.forEach((row, i) => types.forEach((type, j) => {
    const x = figure(row, type);
    if (x !== null) shown[i].cells[j + 1].style.background = heatColor(strength(x));
  }));
}
