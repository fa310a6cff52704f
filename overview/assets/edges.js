"use strict";
// Turns connections into the lines of the map.

// pairsOf joins connections with the same ends into one line. place gives the place of a group, or nothing.
function pairsOf(connections, place) {
  const pairs = new Map();
  for (const c of connections) {
    const from = place(c.from),
      to = place(c.to);
    if (!from || !to || from === to) continue;
    if (!pairs.has(from)) pairs.set(from, new Map());
    const of = pairs.get(from);
    if (!of.has(to)) of.set(to, { from, to, connections: [] });
    of.get(to).connections.push(c);
  }
  const out = [...pairs.values()].flatMap((of) => [...of.values()]);
  for (const p of out) {
    const marks = new Set(p.connections.map((c) => c.mark));
    p.mark =
      marks.has("opened") && marks.has("closed")
        ? "both"
        : marks.has("opened")
          ? "opened"
          : marks.has("closed")
            ? "closed"
            : "";
    p.loose = p.connections.every((c) => c.kind === "loose");
  }
  return out;
}

function middle(r) {
  return [r.x + r.width / 2, r.y + r.height / 2];
}

// anchor gives where lines of a box begin, right of its middle, or end, left of it.
function anchor(r, aside) {
  const [x, y] = middle(r);
  return [x + r.width * aside, y];
}

// edgeOf gives where the line from a point in a box to one outside of it leaves the box.
function edgeOf(r, [x, y], [toX, toY]) {
  const room = 3;
  const far = (at, to, low, high) =>
    to > at ? (high + room - at) / (to - at) : to < at ? (low - room - at) / (to - at) : 1;
  const t = Math.min(1, far(x, toX, r.x, r.x + r.width), far(y, toY, r.y, r.y + r.height));
  return [x + (toX - x) * t, y + (toY - y) * t];
}

// lineOf gives the path of a pair and its points: a bow, so that there and back are two lines.
function lineOf(pair) {
  const a = anchor(pair.from, 0.2),
    b = anchor(pair.to, -0.2);
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const bend = Math.min(0.16, 60 / length);
  const control = [(a[0] + b[0]) / 2 + (b[1] - a[1]) * bend, (a[1] + b[1]) / 2 - (b[0] - a[0]) * bend];
  const start = edgeOf(pair.from, a, control),
    end = edgeOf(pair.to, b, control);
  const path = d3.path();
  path.moveTo(...start);
  path.quadraticCurveTo(...control, ...end);
  // A point of the line, from 0 at its start to 1 at its end.
  const point = (t) => [0, 1].map((i) => start[i] * (1 - t) ** 2 + control[i] * 2 * t * (1 - t) + end[i] * t ** 2);
  return { path: path.toString(), point };
}

// clearOf gives a point of a line, near its middle, where no tile is; its middle if tiles are everywhere.
function clearOf(tiles, line) {
  const room = 9;
  const covered = ([x, y]) =>
    tiles.some((r) => x > r.x - room && x < r.x + r.width + room && y > r.y - room && y < r.y + r.height + room);
  const t = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82].find((at) => !covered(line.point(at)));
  return line.point(t || 0.5);
}

// wordsOf says a pair in a line.
function wordsOf(pair) {
  const name = (x) => (x.group ? x.group.name : [x.box.name, x.name].filter(Boolean).join("/"));
  const ports = [...new Set(pair.connections.map((c) => c.ports))];
  const sign = signs[pair.mark] ? signs[pair.mark] + " " : "";
  return (
    sign +
    name(pair.from) +
    " → " +
    name(pair.to) +
    ": " +
    (pair.connections.length > 4 ? counted(pair.connections.length, "connection") : ports.join("; "))
  );
}
