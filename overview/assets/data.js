"use strict";
// Reads what the page embeds, of which data.go says in which order the lists hold what, and the table of the flows.

const model = (() => {
  const raw = JSON.parse(byId("data").textContent);
  const text = (i) => raw.texts[i];
  const texts = (list) => list.map(text);
  const pairs = (list) => list.flatMap((n, i) => (i % 2 ? [] : [text(n) + "/" + text(list[i + 1])]));

  const environments = raw.environments.map((e) => ({ name: text(e[0]), cluster: text(e[1]), class: text(e[2]) }));
  const teams = raw.teams.map((t) => ({ name: text(t[0]), owners: texts(t[1]), at: text(t[2]) }));
  const flows = [...document.querySelectorAll('table[data-table="flows"] tbody tr')].map((row) => {
    const [name, from, to, ports, environments, reason, owners, ticket, expires, state, at] = [...row.cells].map(
      (c) => c.textContent,
    );
    const list = (s) => s.split(", ").filter(Boolean);
    const flow = { name, from, to, ports, reason, ticket, expires, state, at };
    return { ...flow, environments: list(environments), owners: list(owners), connections: [] };
  });
  const flowNamed = new Map(flows.map((f) => [f.name, f]));

  // A group is a place of the map: a namespace, or what stands for what is in none.
  const groups = new Map();
  const add = (name, of) => {
    const g = {
      name,
      environment: "",
      team: "",
      cluster: "",
      state: "outside",
      owners: [],
      workloads: [],
      exemptions: [],
      sign: "",
      in: [],
      out: [],
      ...of,
    };
    groups.set(name, g);
    return g;
  };
  for (const n of raw.namespaces) {
    add(text(n[0]), {
      namespace: true,
      kubernetes: text(n[1]),
      cluster: text(n[2]),
      environment: text(n[3]),
      team: text(n[4]),
      owners: texts(n[5]),
      state: text(n[6]),
      reason: text(n[7]),
      until: text(n[8]),
      exemptions: n[9].map((e) => ({ layer: text(e[0]), reason: text(e[1]), at: text(e[2]) })),
      workloads: n[10].map((w) => ({ name: text(w[0]), pods: text(w[1]), ports: texts(w[2]), at: text(w[3]) })),
      at: text(n[11]),
      hostNetwork: n[12],
    });
  }
  if (raw.change) {
    // One that took the place of another says so: its name in Kubernetes stands behind it.
    const named = new Map([...groups.values()].map((g) => [`${g.name} (${g.kubernetes} in Kubernetes)`, g]));
    for (const i of raw.change.appeared) {
      const g = groups.get(text(i)) || named.get(text(i));
      if (g) g.sign = "+";
    }
    for (const i of raw.change.vanished) {
      if (groups.has(text(i))) continue;
      const environment = environments.find((e) => text(i).startsWith(e.name + "/"));
      add(text(i), {
        namespace: true,
        state: "gone",
        sign: "−",
        cluster: environment ? environment.cluster : "",
        environment: environment ? environment.name : "",
        team: environment ? "(gone)" : "",
      });
    }
  }
  const group = (name) => groups.get(name) || add(name, {});

  // Why something is open: by flows; or by the baseline, where an end has one; or for want of anything that closes it.
  const kindOf = (c) => {
    if (c.flowNames.length > 0) return "flow";
    return [c.from, c.to].some((g) => g.state === "enforced" || g.state === "retired") ? "baseline" : "loose";
  };
  const connection = (mark) => (c) => {
    const out = {
      cluster: text(c[0]),
      from: group(text(c[1])),
      fromLabel: text(c[2]),
      to: group(text(c[3])),
      toLabel: text(c[4]),
      ports: text(c[5]),
      flowNames: texts(c[6]),
      policies: pairs(c[7]),
      mark,
    };
    out.flows = out.flowNames.map((n) => flowNamed.get(n)).filter(Boolean);
    out.kind = kindOf(out);
    return out;
  };
  const keyOf = (c) => [c.cluster, c.fromLabel, c.toLabel, c.ports].join("\n");
  const changed = raw.change
    ? [...raw.change.opened.map(connection("opened")), ...raw.change.closed.map(connection("closed"))]
    : [];
  const opened = new Set(changed.filter((c) => c.mark === "opened").map(keyOf));
  const connections = raw.connections.map(connection(""));
  for (const c of connections) {
    if (opened.delete(keyOf(c))) c.mark = "opened";
    c.to.in.push(c);
    c.from.out.push(c);
    for (const f of c.flows) f.connections.push(c);
  }
  // What is beside what is open: what closes, and what opens as a part of something that is open.
  const beside = changed.filter((c) => c.mark === "closed" || opened.has(keyOf(c)));
  for (const c of beside) c.beside = true;
  return {
    asOf: raw.asOf,
    environments,
    teams,
    flows,
    flowNamed,
    groups,
    connections,
    beside,
    change: Boolean(raw.change),
  };
})();

const signs = { opened: "+", closed: "−", both: "±" };

const stateWords = {
  enforced: "enforced",
  open: "kept open by a roll-out",
  retired: "retired",
  unmanaged: "unmanaged",
  outside: "outside",
  gone: "gone",
};

// The name of a group without what its place on the map shows.
function shortName(g) {
  const place = g.environment || (g.namespace ? "shared" : "");
  return place && g.name.startsWith(place + "/") ? g.name.slice(place.length + 1) : g.name;
}

// The name in a group's tile, where the frame around it says that it is outside.
function tileName(g) {
  return shortName(g).replace(/^external\//, "");
}
