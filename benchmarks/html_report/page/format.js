// Figures as people read them, colours, and elements. Data becomes text nodes only, never markup.
"use strict";

/** An element; `attributes` with a value of null or false are left out, `on...` are listeners. */
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Text that may be broken after the marks in the names of arms and nowhere else. */
function breakable(text) {
  return text.split(/(?<=[:=_,/ ])/).flatMap((part, i) => i === 0 ? [part] : [element("wbr"), part]);
}

function svgElement(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const byId = (id) => document.getElementById(id);

const kMinus = "\u2212";
/** "+0.5", "\u22120.5", "0.0". */
const withSign = (text, value) => (value > 0 ? "+" : "") + text.replace("-", value < 0 ? kMinus : "");
const grouped = (n) => Math.round(n).toLocaleString("en-US");

/** The primary metric as text: percent and points, or plain numbers. */
function figuresOf(comparison) {
  const percent = comparison.metric === "accuracy";
  const decimals = percent && comparison.num_questions <= 1000 ? 1 : 2;
  const scale = percent ? 100 : 1;
  return {
    name: percent ? "Accuracy %" : "MSE",
    unit: percent ? "points" : "MSE",
    scale,
    value: (x) => (x === null ? "\u2013" : (scale * x).toFixed(decimals)),
    difference: (x) => withSign((scale * x).toFixed(decimals), Number((scale * x).toFixed(decimals))),
  };
}

function pValue(p) {
  if (p === null || p === undefined) return "\u2013";
  if (p >= 0.001) return p.toPrecision(2);
  if (p === 0) return "<1e-300";
  return p.toExponential(1).replace("e-", "e\u2011");
}

/** 1234567 -> "1.2 M". */
function magnitude(n) {
  for (const [size, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]])
    if (n >= size) return `${(n / size).toPrecision(3)} ${letter}`;
  return String(n);
}

/** 100000 -> "100 k", 2500000 -> "2.5 M": without zeros after the point. */
const shortMagnitude = (n) => magnitude(n).replace(/\.0+ /, " ").replace(/(\.\d*[1-9])0+ /, "$1 ");

const isControl = (row) => row.kind !== "fusion" && row.kind !== "run";
const hasValues = (row) => row.values.length > 0;

function isSignificant(row) {
  if (row.test) return (row.test.p_holm ?? row.test.p) < 0.05;
  return row.difference !== null && (row.difference.low > 0 || row.difference.high < 0);
}

const kArmColors = {
  light: ["#0072b2", "#d55e00", "#009e73", "#b8609a", "#c98b00", "#3f9fd6", "#6b4fa0", "#7a7a7a"],
  dark: ["#4aa8e0", "#ff8a4a", "#35c79b", "#e39bc6", "#f0b43c", "#8fd0f5", "#b09be0", "#a8a8a8"],
};
const kPointStyles = ["circle", "rect", "triangle", "rectRot", "star", "cross"];

/** Printing is on white, whatever the screen. */
const theme = { printing: false };
const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
const isDark = () => prefersDark.matches && !theme.printing;

/** Colour of an arm by its place in the report. */
function armColor(place) {
  const colors = isDark() ? kArmColors.dark : kArmColors.light;
  return colors[Math.max(0, place) % colors.length];
}
const armPointStyle = (place) => kPointStyles[Math.floor(place / kArmColors.light.length) % kPointStyles.length];

const styleColor = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function swatch(color) {
  const node = element("span", { class: "swatch", "aria-hidden": "true" });
  node.style.background = color;
  return node;
}

/** Options of a <select>, keeping what was chosen where it is still there. */
function setChoices(select, choices) {
  const chosen = select.value;
  select.replaceChildren(...choices.map(([value, text]) => element("option", { value }, text)));
  if (choices.some(([value]) => value === chosen)) select.value = chosen;
}
