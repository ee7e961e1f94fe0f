// The runs that the report is about, finished or not.

function drawRuns(report, state, redraw) {
  const percent = (run) => run.metric !== "mse";
  const figure = (run, x) => x === null || x === undefined ? "\u2013" : percent(run) ? (100 * x).toFixed(2) : x.toFixed(3);
  const bestOf = (run) => {
    if (run.summary) return run.summary.val;
    const values = run.curve.map((point) => point[3]);
    if (values.length === 0) return null;
    return percent(run) ? Math.max(...values) : Math.min(...values);
  };
  const epochs = (run) => run.summary?.epochs ?? run.curve.at(-1)?.[0] ?? 0;
  const address = (run, name) => ["files", ...run.files.split("/"), name].map(encodeURIComponent).join("/");
  const folder = (run) => run.files
    ? [...breakable(run.folder), ...["train.log", "config.toml"].map((name) => element("a", { href: address(run, name), class: "tag" }, name))] : breakable(run.folder);
  const columns = [
    { key: "arm", heading: "Arm", text: true, value: (run) => run.arm, cell: (run) => element("span", { class: "arm" }, swatch(armColor(report.arms.findIndex((arm) => arm.name === run.arm))), element("span", { class: "name" }, ...breakable(run.arm))) },
    { key: "seed", heading: "Seed", value: (run) => run.seed, cell: (run) => String(run.seed) },
    { key: "state", heading: "State", text: true, value: (run) => run.state, cell: (run) => run.failure ? `failed: ${run.failure}` : run.state },
    { key: "epochs", heading: "Epochs", value: epochs, cell: (run) => String(epochs(run)) },
    { key: "val", heading: "Best validation", value: bestOf, cell: (run) => figure(run, bestOf(run)) },
    { key: "test", heading: "Test", value: (run) => run.summary?.test ?? null, cell: (run) => figure(run, run.summary?.test) },
    { key: "folder", heading: "Folder", text: true, value: (run) => run.folder, cell: folder },
  ];
  fillTable(byId("runs-table"), columns, report.runs, state.runSort, redraw, (run) => run.state === "done" ? null : "control");
}
