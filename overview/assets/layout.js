"use strict";
// Places the map: tiles in teams, teams in environments, and what is of no team beside them. The same groups always
// get the same places.

const TILE = { width: 166, height: 42, gap: 16 };
const TEAM = { padding: 12, head: 24, gap: 26 };
const BOX = { padding: 18, gap: 44 };

// shelves puts boxes in rows, in their order, so that the whole is about as wide as it should be.
function shelves(boxes, gap, aspect) {
  const area = boxes.reduce((sum, b) => sum + (b.width + gap) * (b.height + gap), 0);
  const limit = Math.max(Math.sqrt(area * aspect), ...boxes.map((b) => b.width));
  let x = 0, y = 0, row = 0, width = 0;
  for (const b of boxes) {
    if (x > 0 && x + b.width > limit) { x = 0; y += row + gap; row = 0; }
    b.x = x; b.y = y;
    x += b.width + gap;
    row = Math.max(row, b.height);
    width = Math.max(width, b.x + b.width);
  }
  return { width, height: boxes.length ? y + row : 0 };
}

// teamBox places the tiles of a team in a box of its own.
function teamBox(name, groups, columns) {
  const cols = Math.min(groups.length, columns || Math.max(1, Math.round(Math.sqrt(groups.length * 0.62))));
  const tiles = groups.map((group, i) => ({
    group, x: TEAM.padding + (i % cols) * (TILE.width + TILE.gap),
    y: TEAM.head + TEAM.padding / 2 + Math.floor(i / cols) * (TILE.height + TILE.gap),
  }));
  const rows = Math.ceil(groups.length / cols);
  return { name, tiles, width: cols * (TILE.width + TILE.gap) - TILE.gap + 2 * TEAM.padding,
    height: TEAM.head + TEAM.padding * 1.5 + rows * (TILE.height + TILE.gap) - TILE.gap };
}

function byTeam(groups) {
  const teams = new Map();
  for (const g of groups) teams.set(g.team, [...(teams.get(g.team) || []), g]);
  return teams;
}

// placeMap gives the boxes of the groups, with the room that titles of environments take. aspect is width over height.
function placeMap(groups, aspect, head) {
  const boxes = [];
  for (const e of model.environments) {
    const of = groups.filter((g) => g.environment === e.name);
    if (of.length === 0) continue;
    const teams = [...byTeam(of)].map(([name, members]) => teamBox(name, members));
    const inner = shelves(teams, TEAM.gap, aspect);
    boxes.push({ name: e.name, kind: "environment", title: e.name + (e.class ? " · " + e.class : "") + " · cluster " + e.cluster, teams, inner });
  }
  for (const b of boxes) { b.width = b.inner.width + 2 * BOX.padding; b.height = b.inner.height + 2 * BOX.padding + head; }
  const size = shelves(boxes, BOX.gap, aspect * 0.85);
  const beside = outsideBoxes(groups.filter((g) => !g.environment), Math.max(size.height, 300), head);
  let y = 0;
  for (const b of beside) {
    b.x = size.width + (size.width ? BOX.gap : 0);
    b.y = y;
    y += b.height + BOX.gap / 2;
  }
  boxes.push(...beside);
  for (const b of boxes) settle(b, head);
  const teams = boxes.flatMap((b) => b.teams);
  return { boxes, teams, tiles: teams.flatMap((t) => t.tiles),
    width: Math.max(0, ...boxes.map((b) => b.x + b.width)), height: Math.max(0, ...boxes.map((b) => b.y + b.height)) };
}

// outsideBoxes gives a box for what clusters have of no team, and one for what is in no cluster.
function outsideBoxes(groups, height, head) {
  const boxes = [];
  const kinds = [["cluster", "On the clusters, of no team", groups.filter((g) => g.namespace)],
    ["outside", "Outside of the tenancy", groups.filter((g) => !g.namespace)]];
  for (const [kind, title, members] of kinds) {
    if (members.length === 0) continue;
    const rows = Math.max(1, Math.floor(height * 0.9 * members.length / groups.length / (TILE.height + TILE.gap)));
    const columns = Math.ceil(members.length / rows);
    const team = { ...teamBox("", members, columns), x: 0, y: 0, bare: true };
    boxes.push({ name: kind, kind, title, teams: [team], width: Math.max(team.width + BOX.padding, 290), height: team.height + BOX.padding + head - TEAM.head, bare: true });
  }
  return boxes;
}

// settle turns the places in a box into places on the map.
function settle(box, head) {
  for (const t of box.teams) {
    t.box = box;
    t.key = box.name + "/" + t.name;
    t.x += box.x + (t.bare ? BOX.padding / 2 : BOX.padding);
    t.y += box.y + head + (t.bare ? -TEAM.head + BOX.padding / 2 : BOX.padding);
    for (const tile of t.tiles) {
      tile.team = t;
      tile.x += t.x;
      tile.y += t.y;
      tile.width = TILE.width;
      tile.height = TILE.height;
    }
  }
}
