"use strict";
// Builds elements. Texts become text nodes, and never markup.

function el(name, properties, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key === "click") node.addEventListener("click", value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.flat(Infinity).filter((c) => c != null && c !== ""));
  return node;
}

function byId(id) {
  return document.getElementById(id);
}

function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((c) => c != null && c !== ""));
}

function button(text, click, properties) {
  return el("button", { type: "button", class: "link", click, ...properties }, text);
}

// A table with heads for columns, and for its rows in the first column.
function tableOf(caption, head, rows) {
  return el(
    "table",
    {},
    caption ? el("caption", {}, caption) : null,
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        head.map((h) => el("th", { scope: "col" }, h)),
      ),
    ),
    el(
      "tbody",
      {},
      rows.map((cells) =>
        el(
          "tr",
          { "data-mark": cells.mark },
          cells.map((c, i) => el(i ? "td" : "th", i ? {} : { scope: "row" }, c)),
        ),
      ),
    ),
  );
}

function counted(n, noun) {
  return n + " " + noun + (n === 1 ? "" : "s");
}

// Memoizes a function of one argument.
function once(f) {
  const known = new Map();
  return (key) => {
    if (!known.has(key)) known.set(key, f(key));
    return known.get(key);
  };
}
