"use strict";
// Understands what is asked, and answers it: no markup here.

// parseQuery gives {from, to, words}: what must be at the ends, and words that must occur.
function parseQuery(query) {
  const q = query.trim().replace(/\s+/g, " ").replace(/\?+$/, "").trim();
  const clean = (s) =>
    s
      .trim()
      .replace(/^(?:the |namespace |workload )+/i, "")
      .replace(/^["']|["']$/g, "");
  let m = /^who (?:(?:can|may|could|does) )?reach(?:es)? (.+)$/i.exec(q);
  if (m) return { to: clean(m[1]), words: [] };
  m = /^what (?:can|may|could|does|do) (.+?) reach$/i.exec(q);
  if (m) return { from: clean(m[1]), words: [] };
  m = /^(?:can|may|could|does) (.+?) reach (.+)$/i.exec(q);
  if (m) return { from: clean(m[1]), to: clean(m[2]), words: [] };
  m = /^(\S.*?) ?(?:->|→) ?(.*\S)$/.exec(q);
  if (m) return { from: clean(m[1]), to: clean(m[2]), words: [] };
  const out = { words: [] };
  for (const part of q.match(/(?:from|to):"[^"]*"|\S+/gi) || []) {
    const end = /^(from|to):(.+)$/i.exec(part);
    if (end) out[end[1].toLowerCase()] = clean(end[2]);
    else out.words.push(part.toLowerCase());
  }
  return out;
}

// within reports whether the parts of a path occur in another one, in a row.
function within(parts, path) {
  for (let i = 0; i + parts.length <= path.length; i++) {
    if (parts.every((p, k) => p === path[i + k])) return true;
  }
  return false;
}

// resolve gives the namespaces, and workloads of them, that a term means in every environment; "" is a whole namespace.
// "payments" means a namespace before it means a team; "team payments" means the team.
function resolve(term) {
  const all = [...model.groups.values()].filter((g) => g.namespace);
  const low = term.toLowerCase();
  const ofTeam = (name) => new Map(all.filter((g) => g.team.toLowerCase() === name).map((g) => [g, [""]]));
  if (low.startsWith("team ")) return ofTeam(low.slice("team ".length));
  const parts = low.split("/").filter(Boolean);
  const found = new Map();
  for (const g of all) {
    const paths = [g.name.toLowerCase().split("/"), [(g.kubernetes || "").toLowerCase()]];
    const means = (...more) => paths.some((path) => within(parts, [...path, ...more]));
    const meant = g.workloads.filter((w) => means(w.name.toLowerCase()));
    const workloads = g.workloads.filter((w) => meant.some((x) => alike(w, x))).map((w) => w.name);
    if (means()) found.set(g, [""]);
    else if (parts.length > 1 && workloads.length > 0) found.set(g, workloads);
  }
  return found.size > 0 || parts.length > 1 ? found : ofTeam(low);
}

// wide gives what a group that stands for several namespaces takes in: all but some, or "other" ones.
const wide = once((name) => {
  const all = /^every namespace(?: but (.+))?$/.exec(name);
  if (all) return { several: true, all: true, but: new Set((all[1] || "").split(", ")) };
  const pieces = name.split(", ").flatMap((p) => p.split(" and "));
  return {
    several: pieces.length > 1,
    all: pieces.some((p) => /^\d+ more$/.test(p)),
    but: new Set(),
    other: pieces.includes("any other namespace"),
    names: new Set(pieces),
  };
});

// takes reports whether a group that stands for several namespaces, or for nodes, takes in one. Groups of several name
// what they take in as people do, or as Kubernetes does.
function takes(group, cluster, g) {
  if (group.namespace || g.cluster !== cluster) return false;
  if (g.hostNetwork && group.name === "nodes") return true;
  const w = wide(group.name);
  const named = (names) => Boolean(names) && (names.has(g.name) || names.has(g.kubernetes));
  return (w.all && !named(w.but)) || named(w.names) || Boolean(w.other && g.state === "unmanaged");
}

// alike reports whether a pod may be of both workloads: no label of theirs says otherwise.
function alike(a, b) {
  const labels = (w) => w.pods.split(",").map((pair) => pair.split("="));
  const values = new Map(labels(a));
  return labels(b).every(([key, value]) => !values.has(key) || values.get(key) === value);
}

// endMatcher gives a function that reports whether an end is, or may be, what a term means.
function endMatcher(term) {
  const found = resolve(term);
  const low = term.toLowerCase();
  const of = (group, label) => {
    if (found.has(group)) {
      return found
        .get(group)
        .some(
          (w) =>
            w === "" ||
            label === group.name ||
            label === group.name + "/" + w ||
            label.startsWith(group.name + " "),
        );
    }
    if (group.namespace) return found.size === 0 && label.toLowerCase().includes(low);
    if (found.size > 0 && wide(group.name).several) return false;
    return group.name.toLowerCase().includes(low) || label.toLowerCase().includes(low);
  };
  const takesIn = (group, cluster) => [...found.keys()].some((g) => takes(group, cluster, g));
  return { found, matches: (group, label, cluster) => of(group, label) || takesIn(group, cluster) };
}

// textOf is what plain words are looked for in.
const textOf = once((x) =>
  (x.connections && !x.namespace
    ? [x.name, x.from, x.to, x.ports, x.reason, ...x.owners, x.ticket, x.expires, x.state, x.at]
    : [
        x.name,
        x.kubernetes,
        x.team,
        x.reason,
        x.at,
        stateWords[x.state],
        ...x.owners,
        ...x.exemptions.flatMap((e) => [e.layer, e.reason]),
        ...x.workloads.flatMap((w) => [w.name, w.pods, ...w.ports]),
      ]
  )
    .filter(Boolean)
    .join("\n")
    .toLowerCase(),
);

function connectionsWith(end, side) {
  return [...model.connections, ...model.beside].some((c) => end.matches(c[side], c[side + "Label"], c.cluster));
}

// noteOf says how much is open, and what makes that less than it seems. hidden is how much more is open elsewhere.
function noteOf(q, open, closed, groups, environment, hidden) {
  const where = environment && "in " + environment;
  const ends = [q.from && "from " + q.from, q.to && "to " + q.to, where].filter(Boolean).join(" ");
  const namesOf = (those) => [...new Set(groups.filter(those).map((g) => g.name))].join(", ");
  const named = (state) => namesOf((g) => g.state === state);
  const onNodes = namesOf((g) => g.hostNetwork);
  const all = [...model.groups.values()];
  const teams = [q.from, q.to].filter((name) => name && all.some((g) => g.team === name && !groups.includes(g)));
  return [
    onNodes && `Pods of ${onNodes} have the addresses of their nodes: what is open for those is open for them.`,
    open === 0 && onNodes
      ? `Nothing else is open ${ends}.`
      : open === 0
      ? `Nothing is open ${ends}.`
      : `${counted(open, "connection")} ${open === 1 ? "is" : "are"} open ${ends}.`,
    hidden && `The filter hides ${counted(hidden, "connection")} of other environments.`,
    closed && `${counted(closed, "connection")} closed since then.`,
    named("unmanaged") && `No policy rules ${named("unmanaged")}: there, only the other ends decide.`,
    ...teams.map((name) => `There is a team ${name} too: ask for "team ${name}" to mean all of it.`),
    named("open") && `A roll-out keeps ${named("open")} open: there, only the other ends decide.`,
  ]
    .filter(Boolean)
    .join(" ");
}

// answer gives {note, connections, flows, groups}: what is open, and what else was found. note is a sentence.
function answer(query, environment) {
  const q = parseQuery(query);
  const says = (x) => q.words.every((w) => textOf(x).includes(w));
  if (!q.from && !q.to) {
    const flows = model.flows.filter(says);
    const groups = [...model.groups.values()].filter(
      (g) => says(g) && (!environment || !g.environment || g.environment === environment),
    );
    return {
      connections: [],
      flows,
      groups,
      reach: false,
      note:
        counted(flows.length, "flow") +
        " and " +
        counted(groups.length, "place") +
        " speak of " +
        q.words.join(" ") +
        ".",
    };
  }
  const from = q.from ? endMatcher(q.from) : null,
    to = q.to ? endMatcher(q.to) : null;
  const fits = (c) =>
    (!from || from.matches(c.from, c.fromLabel, c.cluster)) &&
    (!to || to.matches(c.to, c.toLabel, c.cluster)) &&
    q.words.every(
      (w) =>
        (c.fromLabel + " " + c.toLabel + " " + c.ports + " " + c.flowNames.join(" ")).toLowerCase().includes(w) ||
        c.flows.some((f) => textOf(f).includes(w)),
    );
  const stays = (c) => c.mark !== "closed";
  // What has no end in an environment, such as what is open between shared namespaces, is hidden by none.
  const inside = (c) => {
    const of = [c.from, c.to].map((g) => g.environment).filter(Boolean);
    return !environment || of.length === 0 || of.includes(environment);
  };
  const fitting = [...model.connections, ...model.beside.filter((c) => !stays(c))].filter(fits);
  const connections = fitting.filter(inside);
  const open = connections.filter(stays);
  const hidden = fitting.filter(stays).length - open.length;
  const groups = [from, to].filter(Boolean).flatMap((m) => [...m.found.keys()]);
  const unknown = [
    [q.from, from, "from"],
    [q.to, to, "to"],
  ].filter(([term, end, side]) => term && end.found.size === 0 && !connectionsWith(end, side));
  const note = unknown.length
    ? "Nothing here is called " + unknown.map(([term]) => term).join(" or ") + "."
    : noteOf(q, open.length, connections.length - open.length, groups, environment, hidden);
  return { connections, flows: [], groups, reach: true, note };
}
