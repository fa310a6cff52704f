"use strict";
// Says what the map's tiles and lines mean, drawn as they are there.

function drawLegend(node) {
  const states = new Set([...model.groups.values()].map((g) => g.state));
  const entries = [
    [true, "tile enforced", null, "enforced: closed but for its flows"],
    [states.has("open"), "tile open", "◌", "open: a roll-out keeps everything open"],
    [states.has("unmanaged"), "tile unmanaged", "!", "unmanaged: no policy rules it"],
    [states.has("retired"), "tile retired", "×", "retired: everything closed"],
    [states.has("outside"), "tile outside", null, "outside"],
    [true, "line flow", null, "open by a flow"],
    [states.has("open") || states.has("unmanaged"), "line loose", null, "open without a flow"],
    [model.change, "line opened", "+", "opens"],
    [model.change, "line closed", "−", "closes"],
  ];
  replace(
    node,
    el(
      "ul",
      { "aria-label": "What the map's signs mean" },
      entries.filter(([there]) => there).map(([, kind, sign, words]) => el("li", {}, sample(kind, sign), words)),
    ),
  );

  function sample(kind, sign) {
    const svg = d3.create("svg").attr("viewBox", "0 0 34 16").attr("aria-hidden", "true");
    const g = svg.append("g").attr("class", kind);
    if (kind.startsWith("tile"))
      g.append("rect").attr("x", 2).attr("y", 2).attr("width", 30).attr("height", 12).attr("rx", 3);
    else g.append("path").attr("class", "stroke").attr("d", "M1,8H33");
    if (sign) svg.append("text").attr("x", 17).attr("y", 12).attr("class", "legend-sign").text(sign);
    return svg.node();
  }
}
