"use strict";
// Places the map: tiles in teams, teams in environments, and what is of no team beside them. The same groups always
// get the same places.

const TILE = { width: 166, height: 42, gap: 16 };
const TEAM = { padding: 12, gap: 26 };
const BOX = { padding: 18, gap: 44 };
const HEADS = { box: 34, team: 24 }; // what titles take, where a tile can be read

// widthFor gives how wide rows must be for boxes to be about as wide as asked for, as width over height.
function widthFor(boxes, gap, aspect) {
  const area = boxes.reduce((sum, b) => sum + (b.width + gap) * (b.height + gap), 0);
  return Math.max(Math.sqrt(area * aspect) + gap, ...boxes.map((b) => b.width));
}

// shelves puts boxes in rows, in their order.
function shelves(boxes, gap, limit) {
  let x = 0,
    y = 0,
    row = 0,
    width = 0;
  for (const b of boxes) {
    if (x > 0 && x + b.width > limit) {
      x = 0;
      y += row + gap;
      row = 0;
    }
    b.x = x;
    b.y = y;
    x += b.width + gap;
    row = Math.max(row, b.height);
    width = Math.max(width, b.x + b.width);
  }
  return { width, height: boxes.length ? y + row : 0 };
}

// teamBox places the tiles of a team in a box of its own.
function teamBox(name, groups, head, columns) {
  const cols = Math.min(groups.length, columns || Math.max(1, Math.round(Math.sqrt(groups.length * 0.62))));
  const tiles = groups.map((group, i) => ({
    group,
    x: TEAM.padding + (i % cols) * (TILE.width + TILE.gap),
    y: head + TEAM.padding / 2 + Math.floor(i / cols) * (TILE.height + TILE.gap),
  }));
  const rows = Math.ceil(groups.length / cols);
  return {
    name,
    tiles,
    width: cols * (TILE.width + TILE.gap) - TILE.gap + 2 * TEAM.padding,
    height: head + TEAM.padding * 1.5 + rows * (TILE.height + TILE.gap) - TILE.gap,
  };
}

function byTeam(groups) {
  const teams = new Map();
  for (const g of groups) teams.set(g.team, [...(teams.get(g.team) || []), g]);
  return teams;
}

// placeMap gives the boxes of the groups as large as they can be in a width and height. heads is the room that titles
// take.
function placeMap(groups, width, height, heads) {
  const shapes = [0.4, 0.7, 1, 1.4, 2, 3, 4.5, 7, 12];
  const fits = (p) => Math.min(width / p.width, height / p.height);
  let best = null;
  for (const inner of shapes) {
    for (const outer of shapes) {
      const p = place(groups, inner, outer, heads);
      if (!best || fits(p) > fits(best) * 1.001) best = p;
    }
  }
  return best;
}

// place gives the boxes in given shapes: of what is in an environment, and of the whole, as width over height.
function place(groups, inner, outer, heads) {
  const boxes = model.environments
    .map((e) => ({ e, of: groups.filter((g) => g.environment === e.name) }))
    .filter(({ of }) => of.length > 0)
    .map(({ e, of }) => ({
      name: e.name,
      kind: "environment",
      title: e.name + (e.class ? " · " + e.class : "") + " · cluster " + e.cluster,
      teams: [...byTeam(of)].map(([name, members]) => teamBox(name, members, heads.team)),
    }));
  // The same for all environments, so that they look alike.
  const limit = Math.max(...boxes.map((b) => widthFor(b.teams, TEAM.gap, inner)));
  for (const b of boxes) {
    const inside = shelves(b.teams, TEAM.gap, limit);
    b.width = inside.width + 2 * BOX.padding;
    b.height = inside.height + 2 * BOX.padding + heads.box;
  }
  const size = shelves(boxes, BOX.gap, widthFor(boxes, BOX.gap, outer));
  const beside = outsideBoxes(
    groups.filter((g) => !g.environment),
    Math.max(size.height, 300),
    heads.box,
  );
  let y = 0;
  for (const b of beside) {
    b.x = size.width + (size.width ? BOX.gap : 0);
    b.y = y;
    y += b.height + BOX.gap / 2;
  }
  boxes.push(...beside);
  for (const b of boxes) settle(b, heads.box);
  const teams = boxes.flatMap((b) => b.teams);
  return {
    boxes,
    teams,
    tiles: teams.flatMap((t) => t.tiles),
    width: Math.max(1, ...boxes.map((b) => b.x + b.width)),
    height: Math.max(1, ...boxes.map((b) => b.y + b.height)),
  };
}

// outsideBoxes gives a box for what clusters have of no team, and one for what is in no cluster.
function outsideBoxes(groups, height, head) {
  const boxes = [];
  const standsForSeveral = (g) => {
    const w = wide(g.name);
    return w.all || w.other;
  };
  const kinds = [
    ["of no team", "Of no team", groups.filter((g) => g.namespace || standsForSeveral(g))],
    ["outside", "Outside", groups.filter((g) => !g.namespace && !standsForSeveral(g))],
  ];
  for (const [kind, title, members] of kinds) {
    if (members.length === 0) continue;
    const rows = Math.max(
      1,
      Math.floor((height * 0.9 * members.length) / groups.length / (TILE.height + TILE.gap)),
    );
    const columns = Math.ceil(members.length / rows);
    const team = { ...teamBox("", members, 0, columns), x: 0, y: 0, bare: true };
    boxes.push({
      name: kind,
      kind: "beside",
      title,
      teams: [team],
      width: team.width + BOX.padding,
      height: team.height + BOX.padding + head,
      bare: true,
    });
  }
  return boxes;
}

// settle turns the places in a box into places on the map.
function settle(box, head) {
  for (const t of box.teams) {
    t.box = box;
    t.key = box.name + "/" + t.name;
    t.x += box.x + (t.bare ? BOX.padding / 2 : BOX.padding);
    t.y += box.y + head + (t.bare ? BOX.padding / 2 : BOX.padding);
    for (const tile of t.tiles) {
      tile.team = t;
      tile.x += t.x;
      tile.y += t.y;
      tile.width = TILE.width;
      tile.height = TILE.height;
    }
  }
}
