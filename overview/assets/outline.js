"use strict";
// The map as text: what the map draws, as lists.

function drawOutline(node, groups, connections, choose) {
  const shown = new Set(groups);
  const bySide = { from: new Map(), to: new Map() };
  for (const c of connections) {
    for (const side of ["from", "to"]) {
      if (!bySide[side].has(c[side])) bySide[side].set(c[side], []);
      bySide[side].get(c[side]).push(c);
    }
  }
  const names = (g, side, other) => [
    ...new Set(
      (bySide[side].get(g) || [])
        .map((c) => c[other])
        .filter((o) => o !== g && shown.has(o))
        .map((o) => o.name),
    ),
  ];
  const item = (g) => {
    const [to, from] = [names(g, "from", "to"), names(g, "to", "from")];
    return el(
      "li",
      {},
      button(g.name, () => choose({ group: g, byKey: true })),
      " " + stateWords[g.state] + (g.until ? " until " + g.until : ""),
      from.length ? "; reached by " + from.join(", ") : "",
      to.length ? "; reaches " + to.join(", ") : "",
    );
  };
  const list = (members) => el("ul", {}, members.map(item));
  const part = (title, members) =>
    members.length === 0
      ? null
      : el(
          "li",
          {},
          title,
          el(
            "ul",
            {},
            [...byTeam(members)].map(([team, of]) => el("li", {}, team ? "team " + team : "of no team", list(of))),
          ),
        );
  replace(
    node,
    el(
      "ul",
      {},
      model.environments.map((e) =>
        part(
          "environment " + e.name + " on cluster " + e.cluster,
          groups.filter((g) => g.environment === e.name),
        ),
      ),
      part(
        "of no team",
        groups.filter((g) => !g.environment && g.namespace),
      ),
      part(
        "outside of the tenancy",
        groups.filter((g) => !g.namespace),
      ),
    ),
  );
}
