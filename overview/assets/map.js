"use strict";
// Draws the map. What it shows comes from app.js; what is chosen on it goes back there.

const map = (() => {
  const MANY = 260; // lines above which those of teams stand for those of their namespaces
  const CROWD = 400; // lines that together would hide the rest
  let svg,
    root,
    zoom,
    placed,
    tileOf,
    scale = 1,
    choose;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  function start(onChoose) {
    choose = onChoose;
    svg = d3
      .select("#map")
      .append("svg")
      .attr("role", "group")
      .attr(
        "aria-label",
        "Map of teams and namespaces. Arrow keys move, Enter shows details. The map as text follows below.",
      );
    const defs = svg.append("defs");
    for (const kind of ["flow", "lit", "opened", "closed", "loose"]) {
      defs
        .append("marker")
        .attr("id", "arrow-" + kind)
        .attr("class", "arrow " + kind)
        .attr("viewBox", "0 0 8 8")
        .attr("refX", 7)
        .attr("refY", 4)
        .attr("markerWidth", 7)
        .attr("markerHeight", 7)
        .attr("markerUnits", "userSpaceOnUse")
        .attr("orient", "auto-start-reverse")
        .append("path")
        .attr("d", "M0,0.6L8,4L0,7.4z");
    }
    const hatch = defs
      .append("pattern")
      .attr("id", "hatch")
      .attr("width", 7)
      .attr("height", 7)
      .attr("patternUnits", "userSpaceOnUse")
      .attr("patternTransform", "rotate(45)");
    hatch.append("rect").attr("class", "hatch-back").attr("width", 7).attr("height", 7);
    hatch.append("rect").attr("class", "hatch-line").attr("width", 2.5).attr("height", 7);
    root = svg.append("g");
    zoom = d3
      .zoom()
      .scaleExtent([0.05, 3])
      .filter(
        (event) =>
          !event.button &&
          (event.type !== "wheel" || event.ctrlKey || event.metaKey || svg.node().contains(document.activeElement)),
      )
      .on("zoom", (event) => {
        root.attr("transform", event.transform);
        rescale(event.transform.k);
      });
    svg.call(zoom).on("dblclick.zoom", null);
    svg.on("click", (event) => {
      if (event.target === svg.node()) choose(null);
    });
    svg.on("keydown", onKey);
  }

  // draw shows groups and connections, and reports whether lines stand for those of whole teams.
  function draw(groups, connections) {
    const { width, height } = size();
    placed = placeMap(groups, width, height, HEADS);
    const k = fitting(placed);
    if (k < titles.FAR)
      placed = placeMap(groups, width, height, { box: Math.min(28 / k, 190), team: Math.min(15 / k, 90) });
    tileOf = new Map(placed.tiles.map((t) => [t.group, t]));
    root.selectAll("*").remove();
    drawBoxes();
    const pairs = pairsOf(connections, (g) => tileOf.get(g));
    const joined = pairs.length > MANY;
    const shown = joined ? pairsOf(connections, (g) => (tileOf.get(g) || {}).team) : pairs;
    const hits = root.append("g").attr("class", "lines");
    drawTiles();
    drawHits(hits, shown);
    drawLines(
      root.append("g").attr("class", "lines" + (joined ? " joined" : "") + (shown.length > CROWD ? " crowd" : "")),
      shown,
    );
    root.append("g").attr("class", "lines above");
    titles.draw(root, placed);
    drawMarks(root.append("g").attr("class", "lines"), shown);
    root.append("g").attr("class", "lines marks");
    fit(false);
    return joined;
  }

  function drawBoxes() {
    const boxes = root
      .append("g")
      .selectAll("g")
      .data(placed.boxes)
      .join("g")
      .attr("class", (b) => "box " + b.kind);
    boxes
      .append("rect")
      .attr("x", (b) => b.x)
      .attr("y", (b) => b.y)
      .attr("width", (b) => b.width)
      .attr("height", (b) => b.height)
      .attr("rx", 14);
    const teams = root
      .append("g")
      .selectAll("g")
      .data(placed.teams.filter((t) => !t.bare))
      .join("g")
      .attr("class", "team");
    teams
      .append("rect")
      .attr("x", (t) => t.x)
      .attr("y", (t) => t.y)
      .attr("width", (t) => t.width)
      .attr("height", (t) => t.height)
      .attr("rx", 10);
    teams.append("title").text((t) => "team " + t.name);
  }

  function drawTiles() {
    const tiles = root
      .append("g")
      .attr("class", "tiles")
      .selectAll("g")
      .data(placed.tiles)
      .join("g")
      .attr("class", (t) => "tile " + t.group.state + (t.group.sign === "+" ? " new" : ""))
      .attr("role", "button")
      .attr("tabindex", -1)
      .attr("aria-label", (t) => labelOf(t.group))
      .attr("data-name", (t) => t.group.name)
      .attr("transform", (t) => `translate(${t.x},${t.y})`)
      .on("click", (event, t) => {
        event.stopPropagation();
        rove(t);
        choose({ group: t.group });
      })
      .on("focus", (event, t) => rove(t, true));
    tiles.append("rect").attr("width", TILE.width).attr("height", TILE.height).attr("rx", 7);
    tiles.append("title").text((t) => labelOf(t.group));
    tiles.filter((t, i) => i === 0).attr("tabindex", 0);
  }

  function labelOf(g) {
    return [
      g.name,
      g.team && "team " + g.team,
      stateWords[g.state] + (g.until ? " until " + g.until : ""),
      g.in.length + " in, " + g.out.length + " out",
    ]
      .filter(Boolean)
      .join(", ");
  }

  function kindOf(pair) {
    return pair.mark === "both" ? "opened" : pair.mark || (pair.loose ? "loose" : "flow");
  }

  // drawHits makes lines easy to press, below the tiles, which can be pressed where lines cross them.
  function drawHits(layer, pairs) {
    for (const p of pairs) p.line = lineOf(p);
    const hits = layer
      .selectAll("path")
      .data(pairs)
      .join("path")
      .attr("class", "hit")
      .attr("d", (p) => p.line.path)
      .attr("data-pair", wordsOf)
      .on("click", (event, p) => {
        event.stopPropagation();
        choose({ pair: p });
      })
      .on("pointerenter", (event, p) => hover(p))
      .on("pointerleave", () => hover(null));
    hits.append("title").text(wordsOf);
  }

  function hover(pair) {
    root.selectAll("g.line").classed("hover", (p) => p === pair);
  }

  function drawLines(layer, pairs, lit) {
    const order = { "": 0, closed: 1, opened: 2, both: 2 };
    const lines = layer
      .selectAll("g")
      .data([...pairs].sort((p, q) => order[p.mark] - order[q.mark]))
      .join("g")
      .attr("class", (p) => "line " + kindOf(p) + (lit ? " lit" : ""));
    for (const p of pairs) p.line = lineOf(p);
    lines
      .append("path")
      .attr("class", "stroke")
      .attr("d", (p) => p.line.path)
      .attr("marker-end", (p) => `url(#arrow-${lit && kindOf(p) === "flow" ? "lit" : kindOf(p)})`)
      .attr("stroke-width", (p) => (p.from.group ? null : 1 + Math.min(5, Math.sqrt(p.connections.length))));
  }

  function drawMarks(layer, pairs) {
    const marked = pairs.filter((p) => p.mark);
    for (const p of marked) p.at = clearOf(placed.tiles, p.line);
    const mark = layer.selectAll("g").data(marked).join("g");
    mark.attr("class", (p) => "mark " + kindOf(p)).attr("transform", markAt);
    mark.append("circle").attr("class", "sign-back").attr("r", 8);
    mark
      .append("text")
      .attr("class", "sign")
      .attr("y", 5)
      .text((p) => signs[p.mark]);
  }

  // markAt keeps signs readable at every scale.
  function markAt(pair) {
    return `translate(${pair.at})scale(${Math.min(5, Math.max(1, 0.9 / scale))})`;
  }

  // light sets apart what is chosen or found; nothing if both are null.
  function light(groups, connections) {
    const pairs = connections ? pairsOf(connections, (g) => tileOf.get(g)) : [];
    const lit = new Set(groups || []);
    for (const p of pairs) {
      lit.add(p.from.group);
      lit.add(p.to.group);
    }
    root.selectAll("g.above, g.marks").selectAll("*").remove();
    svg.classed("dim", Boolean(groups || connections));
    root
      .selectAll("g.tile, g.text")
      .classed("lit", (t) => lit.has(t.group))
      .classed("chosen", (t) => Boolean(groups) && groups.includes(t.group));
    drawLines(root.select("g.above"), pairs, true);
    drawMarks(root.select("g.marks"), pairs);
  }

  function size() {
    const r = svg.node().getBoundingClientRect();
    return { width: r.width || 900, height: r.height || 600 };
  }

  function fitting(p) {
    const { width, height } = size();
    return Math.min(1.15, (width - 24) / p.width, (height - 24) / p.height);
  }

  function fit(moving) {
    const { width, height } = size();
    const k = fitting(placed);
    go(
      d3.zoomIdentity
        .translate((width - placed.width * k) / 2, Math.min(24, (height - placed.height * k) / 2))
        .scale(k),
      moving,
    );
  }

  // forPaper shows the whole map, whatever was seen of it, and forScreen what was seen before.
  function forPaper() {
    const margin = 20;
    svg.attr("viewBox", [-margin, -margin, placed.width + 2 * margin, placed.height + 2 * margin].join(" "));
    root.attr("transform", null);
    rescale(Math.min(1000 / placed.width, 580 / placed.height)); // of the pixels of a sheet
  }

  function forScreen() {
    const transform = d3.zoomTransform(svg.node());
    svg.attr("viewBox", null);
    root.attr("transform", transform);
    rescale(transform.k);
  }

  function go(transform, moving) {
    if (moving && !calm.matches) svg.transition().duration(250).call(zoom.transform, transform);
    else svg.call(zoom.transform, transform);
  }

  function by(factor) {
    if (calm.matches) svg.call(zoom.scaleBy, factor);
    else svg.transition().duration(150).call(zoom.scaleBy, factor);
  }

  // rescale keeps titles and signs readable at every scale.
  function rescale(k) {
    scale = k;
    root.selectAll("g.mark").attr("transform", markAt);
    const arrow = Math.max(8, Math.min(7 / k, 45));
    svg.selectAll("marker").attr("markerWidth", arrow).attr("markerHeight", arrow);
    titles.scale(svg, k);
  }

  // show moves to a group, near enough to read it.
  function show(group) {
    const t = tileOf.get(group);
    if (!t) return;
    const { width, height } = size();
    const k = Math.max(scale, 0.8);
    const [x, y] = middle(t);
    go(d3.zoomIdentity.translate(width / 2 - x * k, height / 2 - y * k).scale(k), true);
  }

  function rove(tile, focused) {
    root.selectAll("g.tile").attr("tabindex", (t) => (t === tile ? 0 : -1));
    const node = nodeOf(tile);
    if (!focused && node) node.focus({ preventScroll: true });
    if (focused) bringIn(tile);
  }

  function nodeOf(tile) {
    return root
      .selectAll("g.tile")
      .filter((t) => t === tile)
      .node();
  }

  // bringIn moves the map if a tile is out of sight.
  function bringIn(tile) {
    const { width, height } = size();
    const [x, y] = d3.zoomTransform(svg.node()).apply(middle(tile));
    if (x < 0 || y < 0 || x > width || y > height) svg.call(zoom.translateTo, ...middle(tile));
  }

  const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function onKey(event) {
    const tile = d3.select(event.target).datum();
    if (!tile || !tile.group) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose({ group: tile.group, byKey: true });
    } else if (event.key === "+" || event.key === "=") by(1.4);
    else if (event.key === "-") by(1 / 1.4);
    else if (directions[event.key]) {
      event.preventDefault();
      const next = neighbour(tile, directions[event.key]);
      if (next) rove(next);
    }
  }

  // neighbour gives the nearest tile in a direction, with what is aside counted double.
  function neighbour(tile, [dx, dy]) {
    let best = null,
      least = Infinity;
    for (const t of placed.tiles) {
      const along = (t.x - tile.x) * dx + (t.y - tile.y) * dy;
      const aside = Math.abs((t.x - tile.x) * dy) + Math.abs((t.y - tile.y) * dx);
      if (along > 0 && along + 2 * aside < least) {
        best = t;
        least = along + 2 * aside;
      }
    }
    return best;
  }

  return { start, draw, light, fit, by, show, forPaper, forScreen };
})();
