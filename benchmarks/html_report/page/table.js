// Tables whose every column sorts, and the comparison as one.

/**
 * Fills `table`. `columns`: {key, heading, value(row): number, text or null, cell(row): content or
 * {node attributes}, text: whether it is aligned as text}. `sort`: {key, descending}, which clicks on headings
 * change before they call `redraw`. Rows without a value stay last.
 */
function fillTable(table, columns, rows, sort, redraw, rowClass) {
  const headings = columns.map((column) => {
    const order = sort.key !== column.key ? "none" : sort.descending ? "descending" : "ascending";
    const click = () => {
      sort.descending = sort.key === column.key ? !sort.descending : !column.text;
      sort.key = column.key;
      redraw();
      table.querySelector(`button[data-key="${column.key}"]`).focus();
    };
    return element("th", { scope: "col", "aria-sort": order, class: column.text ? "text" : null, title: column.title },
      element("button", { type: "button", class: "sort", "data-key": column.key, onclick: click }, column.heading));
  });
  const by = columns.find((column) => column.key === sort.key);
  const sorted = by ? sortedBy(rows, by.value, sort.descending) : rows;
  const lines = sorted.map((row) => element("tr", { class: rowClass ? rowClass(row) : null },
    ...columns.map((column, i) => {
      const cell = element(i === 0 ? "th" : "td", { scope: i === 0 ? "row" : null, class: column.text ? "text" : null });
      const content = column.cell(row);
      cell.append(...(Array.isArray(content) ? content : [content]));
      if (column.strong && column.strong(row)) cell.classList.add("significant");
      return cell;
    })));
  table.replaceChildren(element("thead", {}, element("tr", {}, ...headings)), element("tbody", {}, ...lines));
}

function sortedBy(rows, value, descending) {
  const missing = (x) => x === null || x === undefined || Number.isNaN(x);
  return rows.map((row, place) => ({ row, place, key: value(row) })).sort((a, b) => {
    if (missing(a.key) || missing(b.key)) return missing(a.key) - missing(b.key) || a.place - b.place;
    const order = typeof a.key === "string" ? a.key.localeCompare(b.key, "en", { numeric: true }) : a.key - b.key;
    return (descending ? -order : order) || a.place - b.place;
  }).map((entry) => entry.row);
}

/** The rows for the questions that are chosen: all, or those of a type, whose costs are those of all. */
function chosenRows(report, typeName) {
  const whole = report.comparison.rows;
  const type = (report.types || []).find((t) => t.type === typeName);
  if (!type) return whole;
  return whole.map((row) => {
    const part = type.rows.find((r) => r.name === row.name && r.kind === row.kind);
    if (part) return { ...row, ...part, seed_test: null, parameters: row.parameters, seconds_per_epoch: row.seconds_per_epoch, peak_memory_mb: row.peak_memory_mb, values: part.values, by_type: row.by_type, numSeeds: row.values.length };
    const mean = row.by_type[typeName];
    return { ...row, mean: mean ?? null, values: mean === undefined ? [] : row.values, interval: null, difference: null, test: null };
  });
}

function nameCell(report, row) {
  const place = report.arms.findIndex((arm) => arm.name === row.name);
  const name = element("span", { class: "name" }, ...breakable(row.name));
  const parts = [place >= 0 ? element("span", { class: "arm" }, swatch(armColor(place)), name) : name];
  if (row.baseline) parts.push(element("span", { class: "tag" }, "baseline"));
  return parts;
}

function resultColumns(report, rows) {
  const figures = figuresOf(report.comparison);
  const none = "\u2013";
  const any = (test) => rows.some(test);
  const cost = (key) => (row) => (hasValues(row) && row.parameters > 0 ? row[key] : null);
  const quiet = (text) => element("span", { class: "span" }, text);
  const columns = [
    { key: "name", heading: "Arm", text: true, value: (row) => row.name, cell: (row) => nameCell(report, row) },
    { key: "mean", heading: figures.name, value: (row) => (hasValues(row) ? row.mean : null), cell: (row) => (hasValues(row) ? figures.value(row.mean) : none) },
  ];
  if (any((row) => row.sd > 0))
    columns.push({ key: "sd", heading: "± sd", title: "standard deviation over seeds", value: (row) => row.values.length > 1 ? row.sd : null, cell: (row) => row.values.length > 1 ? quiet(`± ${figures.value(row.sd)}`) : none });
  if (any((row) => row.interval))
    columns.push({ key: "interval", heading: "95 % interval", title: "of the accuracy: Wilson interval over questions", value: (row) => row.interval?.low ?? null, cell: (row) => row.interval ? quiet(`${figures.value(row.interval.low)} \u2013 ${figures.value(row.interval.high)}`) : none });
  columns.push(
    { key: "difference", heading: "Difference", title: "to the baseline, paired; bold where it is significant", value: (row) => row.difference?.estimate ?? null, strong: (row) => !row.baseline && isSignificant(row), cell: (row) => row.difference ? figures.difference(row.difference.estimate) : none },
    { key: "reach", heading: "95 % interval", title: "of the difference: bootstrap that draws whole videos", value: (row) => row.difference?.low ?? null, cell: (row) => row.difference ? quiet(`${figures.difference(row.difference.low)} to ${figures.difference(row.difference.high)}`) : none },
    { key: "p", heading: "p", title: "McNemar, or a t test clustered by video", value: (row) => row.test?.p ?? null, cell: (row) => pValue(row.test?.p) },
    { key: "p_holm", heading: "p Holm", title: "corrected for the number of arms", value: (row) => row.test?.p_holm ?? null, cell: (row) => pValue(row.test?.p_holm) },
    { key: "seeds", heading: "Seeds", value: (row) => isControl(row) && row.parameters === 0 ? null : row.numSeeds ?? row.values.length, cell: (row) => isControl(row) && row.parameters === 0 ? none : String(row.numSeeds ?? row.values.length) },
    { key: "parameters", heading: "Params", title: "trainable parameters", value: cost("parameters"), cell: (row) => cost("parameters")(row) === null ? none : magnitude(row.parameters) },
    { key: "seconds", heading: "s/epoch", title: "seconds, training only", value: cost("seconds_per_epoch"), cell: (row) => cost("seconds_per_epoch")(row) === null ? none : row.seconds_per_epoch.toPrecision(3) },
    { key: "memory", heading: "MiB", title: "resident set at most", value: cost("peak_memory_mb"), cell: (row) => cost("peak_memory_mb")(row) === null ? none : grouped(row.peak_memory_mb) });
  return columns.filter((column) => column.key === "name" || rows.some((row) => column.value(row) !== null));
}

function drawResults(report, state, redraw) {
  setChoices(byId("type-choice"), [["", "all"], ...(report.types || []).map((type) => [type.type, `${type.type} (${grouped(type.numQuestions)})`])]);
  const rows = chosenRows(report, byId("type-choice").value);
  const rowClass = (row) => [isControl(row) ? "control" : "", row.baseline ? "baseline" : ""].join(" ").trim();
  fillTable(byId("results-table"), resultColumns(report, rows), rows, state.resultSort, redraw, rowClass);
  byId("notes").replaceChildren(...report.comparison.notes.map((note) => element("li", {}, note)));
}
