"use strict";
// The matrix of who reaches whom. Where it would have too many lines, teams stand for their namespaces.

const matrix = (() => {
  const MOST = 72; // lines and columns

  const levels = [
    { words: "namespaces", key: (g) => g.name },
    { words: "teams in each environment", key: (g) => (g.environment ? g.environment + "/" + g.team : g.name) },
    { words: "teams", key: (g) => (g.team ? "team " + g.team : g.name) },
    {
      words: "environments",
      key: (g) => (g.environment ? "environment " + g.environment : g.namespace ? "of no team" : "outside"),
    },
  ];

  function cellsOf(connections, key) {
    const cells = new Map();
    const from = new Set(),
      to = new Set();
    for (const c of connections) {
      const [a, b] = [key(c.from), key(c.to)];
      from.add(a);
      to.add(b);
      if (!cells.has(a)) cells.set(a, new Map());
      if (!cells.get(a).has(b)) cells.get(a).set(b, []);
      cells.get(a).get(b).push(c);
    }
    return { cells, from: [...from], to: [...to] };
  }

  // draw shows connections, and gives what stands for a line.
  function draw(node, connections, choose) {
    let level = 0,
      m = cellsOf(connections, levels[0].key);
    while (level + 1 < levels.length && Math.max(m.from.length, m.to.length) > MOST)
      m = cellsOf(connections, levels[++level].key);
    const order = new Map([...model.groups.values()].map((g, i) => [levels[level].key(g), i]));
    const sorted = (names) => names.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
    const from = sorted(m.from),
      to = sorted(m.to);
    const head = el(
      "tr",
      {},
      el("td", { class: "corner" }, "from ↓ to →"),
      to.map((t) => el("th", { scope: "col" }, el("span", {}, t))),
    );
    const rows = from.map((f) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, f),
        to.map((t) => cell(f, t, (m.cells.get(f) || new Map()).get(t), choose)),
      ),
    );
    replace(
      node,
      from.length === 0
        ? el("p", { class: "none" }, "Nothing is open in this selection.")
        : el(
            "div",
            { class: "scroll matrix", role: "region", tabindex: 0, "aria-label": "Matrix" },
            el(
              "table",
              {},
              el("caption", {}, "Who reaches whom, by " + levels[level].words + ": the number of connections"),
              el("thead", {}, head),
              el("tbody", {}, rows),
            ),
          ),
    );
    return level === 0
      ? ""
      : "Lines are " + levels[level].words + ": choose an environment or a team to see namespaces.";
  }

  function cell(from, to, connections, choose) {
    if (!connections) return el("td", { class: from === to ? "self" : null });
    const marks = new Set(connections.map((c) => c.mark));
    const mark =
      marks.has("opened") && marks.has("closed")
        ? "both"
        : marks.has("opened")
          ? "opened"
          : marks.has("closed")
            ? "closed"
            : "";
    const loose = connections.every((c) => c.kind === "loose");
    const open = connections.filter((c) => !c.beside).length;
    const text = (signs[mark] || "") + (open || connections.length);
    const words = from + " → " + to + ": " + [...new Set(connections.map((c) => c.ports))].slice(0, 4).join("; ");
    return el(
      "td",
      { "data-mark": mark || (loose ? "loose" : null) },
      button(text, () => choose({ list: connections, title: from + " → " + to }), {
        "aria-label": text + ": " + words,
        title: words,
      }),
    );
  }

  return { draw };
})();
