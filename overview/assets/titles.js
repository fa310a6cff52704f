"use strict";
// Writes what stands on the map, as large as it must be to be read at a scale.

const titles = (() => {
  const FAR = 0.62; // the scale below which tiles have names alone
  const TINY = 0.34; // the scale below which they have none
  const glyphs = { unmanaged: "!", open: "◌", retired: "×", gone: "−" };

  // draw writes above lines and tiles, so that nothing crosses a name.
  function draw(root, placed) {
    const layer = root.append("g").attr("aria-hidden", "true");
    layer.selectAll("text.box-title").data(placed.boxes).join("text").attr("class", "box-title");
    const names = layer.selectAll("g").data(placed.tiles).join("g");
    names.attr("class", (t) => "text " + t.group.state).attr("transform", (t) => `translate(${t.x},${t.y})`);
    names.append("text").attr("class", "name").attr("x", 10);
    names
      .append("text")
      .attr("class", "state")
      .attr("x", 10)
      .attr("y", 33)
      .text((t) => cut(under(t.group), 26));
    const glyph = names
      .append("text")
      .attr("class", "glyph")
      .attr("x", TILE.width / 2)
      .attr("y", TILE.height / 2 + 11);
    glyph.text((t) => signOf(t.group));
    const teams = placed.teams.filter((t) => !t.bare);
    layer
      .selectAll("text.team-title")
      .data(teams)
      .join("text")
      .attr("class", "team-title")
      .text((t) => t.name);
  }

  function signOf(g) {
    return glyphs[g.state] || g.sign;
  }

  // under gives what stands under a name.
  function under(g) {
    if (g.state === "open") return "◌ OPEN until " + g.until;
    if (g.state === "unmanaged") return "! UNMANAGED";
    if (g.state === "retired") return "× retired";
    if (g.state === "gone") return "gone";
    const flows = (list) => new Set(list.filter((c) => c.kind === "flow").flatMap((c) => c.flowNames)).size;
    const [i, o] = [flows(g.in), flows(g.out)];
    return i + o === 0 ? "no flows" : [i && i + " in", o && o + " out"].filter(Boolean).join(" · ");
  }

  function cut(s, n) {
    return s.length > n ? s.slice(0, n - 1) + "…" : s;
  }

  // scale makes everything as large as it must be at a scale.
  function scale(svg, k) {
    const far = k < FAR;
    svg.classed("far", far).classed("tiny", k < TINY);
    scaleNames(svg.selectAll("text.name"), k, far);
    svg.selectAll("text.box-title").each(function (b) {
      const text = far ? b.name : b.title;
      const size = Math.min(Math.max(16, Math.min(15 / k, 110)), (b.width - 2 * BOX.padding) / (text.length * 0.6));
      write(this, text, size, b.x + BOX.padding, b.y + Math.max(25, Math.min(19 / k, 125)));
    });
    svg.selectAll("text.team-title").each(function (t) {
      const room = (t.width - 12) / (Math.max(t.name.length, 3) * 0.62);
      const size = Math.min(far ? Math.min(11.5 / k, 80) : 13, room);
      write(this, t.name, size, t.x + TEAM.padding, far ? t.y + size * 1.05 : t.y + 18);
    });
  }

  function write(node, text, size, x, y) {
    d3.select(node)
      .text(text)
      .style("font-size", size + "px")
      .attr("x", x)
      .attr("y", y);
  }

  // scaleNames fills the tiles with names where nothing else is in them.
  function scaleNames(names, k, far) {
    const size = far ? Math.min(25, 10.5 / k) : 12.5;
    const most = far ? Math.floor((TILE.width - 14) / (size * 0.63)) : 19;
    names.style("font-size", size + "px").attr("y", far ? TILE.height / 2 + size * 0.36 : 18);
    names.text((t) =>
      cut([far ? signOf(t.group) : t.group.sign, tileName(t.group)].filter(Boolean).join(" "), most),
    );
  }

  return { draw, scale, FAR };
})();
