"use strict";
// Holds what is chosen, and has the others show it.

(() => {
  const first = {
    view: "map",
    environment: "",
    team: "",
    direction: "both",
    show: model.change ? "change" : "open",
    baseline: false,
  };
  const state = { ...first, chosen: null, found: null };
  let before = null; // what had the focus before the details took it
  let shown = { groups: [], connections: [] };

  const inEnvironment = (g) => !state.environment || g.environment === state.environment;
  const ofCluster = (g) => {
    const e = model.environments.find((x) => x.name === state.environment);
    return !e || g.cluster === e.cluster;
  };

  // passes reports whether the filters let a connection through.
  function passes(c) {
    if (!state.baseline && c.kind === "baseline") return false;
    if (state.show === "only" && c.mark === "") return false;
    if (state.show === "open" && c.beside) return false;
    if (state.environment && ![c.from, c.to].some((g) => g.environment === state.environment)) return false;
    if (!state.team) return true;
    const into = c.to.team === state.team,
      out = c.from.team === state.team;
    return state.direction === "in" ? into : state.direction === "out" ? out : into || out;
  }

  // select gives what the filters leave.
  function select() {
    const connections = [...model.connections, ...model.beside]
      .filter(passes)
      .map((c) => (state.show === "open" && c.mark ? { ...c, mark: "" } : c));
    const ends = new Set(connections.flatMap((c) => [c.from, c.to]));
    const groups = [...model.groups.values()].filter((g) => {
      if (ends.has(g)) return true;
      if (!g.namespace || (state.team && g.team !== state.team) || (state.show === "only" && !g.sign)) return false;
      return g.environment ? inEnvironment(g) : ofCluster(g);
    });
    return { groups, connections };
  }

  function refresh() {
    shown = select();
    byId("map").hidden = state.view !== "map";
    byId("matrix").hidden = state.view !== "matrix";
    document.querySelector(".zoom").hidden = state.view !== "map";
    let note = "";
    if (state.view === "matrix") note = matrix.draw(byId("matrix"), shown.connections, choose);
    else if (map.draw(shown.groups, shown.connections))
      note =
        "Lines are between teams here: choose an environment, a team or a namespace to see those of namespaces.";
    const changing = shown.connections.filter((c) => c.mark).length;
    say(
      counted(shown.groups.length, "namespace") +
        " and places, " +
        counted(shown.connections.filter((c) => !c.beside).length, "open connection") +
        (changing ? ", " + counted(changing, "change") : "") +
        ". " +
        note,
    );
    light();
    steer();
    if (byId("outline").open) outline();
  }

  // steer lets a direction be chosen where there is something that it is of.
  function steer() {
    byId("direction").disabled = !state.team && !(state.chosen && state.chosen.group);
  }

  function say(text) {
    byId("status").textContent = text;
  }

  function outline() {
    drawOutline(byId("outline").lastElementChild, shown.groups, shown.connections, choose);
  }

  // related gives the connections of a group in the direction that is asked for.
  function related(g) {
    return shown.connections.filter(
      (c) => (state.direction !== "out" && c.to === g) || (state.direction !== "in" && c.from === g),
    );
  }

  function light() {
    if (state.view !== "map") return;
    const c = state.chosen;
    if (c && c.group) map.light([c.group], related(c.group));
    else if (c && c.flow) map.light(null, c.flow.connections);
    else if (c && c.pair) map.light(null, c.pair.connections);
    else if (c && c.list) map.light(null, c.list);
    else if (state.found)
      map.light(state.found.groups, [
        ...state.found.connections,
        ...state.found.flows.flatMap((f) => f.connections),
      ]);
    else map.light(null, null);
  }

  // choose shows what somebody chose: {group}, {flow}, {pair}, {list, title} or null.
  function choose(what) {
    state.chosen = what;
    steer();
    light();
    if (!what) {
      const inside = byId("details").contains(document.activeElement);
      details.hint();
      if (inside && before && before.isConnected) before.focus();
      return;
    }
    if (!byId("details").contains(document.activeElement)) before = document.activeElement;
    const heading = what.group
      ? details.group(what.group, state.direction)
      : what.flow
        ? details.flow(what.flow)
        : details.several(what.title || wordsOf(what.pair).split(": ")[0], what.list || what.pair.connections);
    if (what.byKey) heading.focus();
    if (what.byKey && what.group && state.view === "map") map.show(what.group);
  }

  function search() {
    const query = byId("q").value.trim();
    state.found = query ? answer(query, state.environment) : null;
    byId("answer").hidden = !state.found;
    choose(null);
    if (!state.found) {
      say("");
      return;
    }
    byId("answer-note").textContent = state.found.note;
    replace(byId("answers"), ...(state.found.reach ? reachRows(state.found) : wordRows(state.found)));
    say(state.found.note);
  }

  const MOST = 500;

  function tableParts(head, rows, all) {
    const t = tableOf("", head, rows);
    return [
      all > rows.length
        ? el("caption", {}, "The first " + rows.length + " of " + all + ": choose an environment, or ask for less.")
        : null,
      ...t.children,
    ];
  }

  function reachRows(found) {
    const rows = found.connections
      .slice(0, MOST)
      .map((c) =>
        Object.assign(
          [
            [details.sign(c), details.groupButton(c.from, c.fromLabel)],
            details.groupButton(c.to, c.toLabel),
            c.ports,
            c.cluster,
            details.opener(c),
            c.flows.map((f) => f.reason).join("; "),
          ],
          { mark: c.mark || c.kind },
        ),
      );
    return tableParts(["from", "to", "ports", "cluster", "opened by", "reason"], rows, found.connections.length);
  }

  function wordRows(found) {
    const flows = found.flows
      .slice(0, MOST)
      .map((f) => [details.flowButton(f), "flow", f.from + " → " + f.to, f.reason, f.owners.join(", "), f.ticket]);
    const groups = found.groups
      .slice(0, MOST)
      .map((g) => [
        details.groupButton(g),
        g.namespace ? "namespace" : "outside",
        stateWords[g.state],
        g.reason || "",
        g.owners.join(", "),
        "",
      ]);
    return tableParts(
      ["name", "what", "from → to, or state", "reason", "owners", "ticket"],
      [...flows, ...groups],
      found.flows.length + found.groups.length,
    );
  }

  function options(select, all, names) {
    replace(
      select,
      el("option", { value: "" }, all),
      names.map((n) => el("option", { value: n }, n)),
    );
  }

  function examples() {
    const named = (x) => x.to.workloads.some((w) => x.toLabel.endsWith("/" + w.name));
    const flows = model.connections.filter((x) => x.kind === "flow" && named(x));
    const c = flows.find((x) => x.from.team && x.to.team && x.from.team !== x.to.team) || flows[0];
    if (!c) return;
    const plain = (g, label) => label.replace(g.environment ? g.environment + "/" : "", "");
    const asked = [
      "who can reach " + plain(c.to, c.toLabel) + "?",
      "what can " + plain(c.from, shortName(c.from)) + " reach?",
      "from:" + shortName(c.from) + " to:" + shortName(c.to),
    ];
    replace(
      byId("examples"),
      "For example: ",
      asked.map((a, i) => [
        i ? " · " : "",
        button(a, () => {
          byId("q").value = a;
          byId("search").requestSubmit();
        }),
      ]),
    );
  }

  // link makes the names in the tables of flows and namespaces choose what they name.
  function link(tables, chosen) {
    for (const cell of document.querySelectorAll(
      tables.map((t) => `table[data-table="${t}"] tbody th`).join(","),
    )) {
      const what = chosen(cell.textContent);
      if (what)
        replace(
          cell,
          button(cell.textContent, () => {
            choose({ ...what, byKey: true });
            byId("explore").scrollIntoView();
          }),
        );
    }
  }

  function start() {
    byId("app").hidden = false;
    options(
      byId("environment"),
      "all",
      model.environments.map((e) => e.name),
    );
    options(
      byId("team"),
      "all",
      model.teams.map((t) => t.name),
    );
    details.start(choose);
    map.start(choose);
    for (const id of ["view", "environment", "team", "direction", "show"]) {
      if (!byId(id)) continue;
      byId(id).value = state[id];
      byId(id).addEventListener("change", () => {
        state[id] = byId(id).value;
        refresh();
        if (id === "environment" && state.found) search();
        else if (state.chosen) choose(state.chosen);
      });
    }
    byId("baseline").addEventListener("change", () => {
      state.baseline = byId("baseline").checked;
      refresh();
    });
    byId("reset").addEventListener("click", () => {
      for (const [id, value] of Object.entries(first)) {
        state[id] = value;
        if (id === "baseline") byId(id).checked = value;
        else if (byId(id)) byId(id).value = value;
      }
      refresh();
      if (state.found) search(); // by the filters as they are now
    });
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("search").addEventListener("submit", (event) => {
      event.preventDefault();
      search();
    });
    byId("clear").addEventListener("click", () => {
      byId("q").value = "";
      search();
      byId("q").focus();
    });
    byId("in").addEventListener("click", () => map.by(1.4));
    byId("out").addEventListener("click", () => map.by(1 / 1.4));
    byId("fit").addEventListener("click", () => map.fit(true));
    byId("outline").addEventListener("toggle", () => {
      if (byId("outline").open) outline();
    });
    let width = window.innerWidth;
    window.addEventListener("resize", () => {
      if (window.innerWidth !== width) map.fit(false); // the bars of a phone come and go
      width = window.innerWidth;
    });
    window.addEventListener("beforeprint", map.forPaper);
    window.addEventListener("afterprint", map.forScreen);
    link(
      ["flows", "expiring", "expired"],
      (name) => model.flowNamed.has(name) && { flow: model.flowNamed.get(name) },
    );
    link(
      ["namespaces", "unmanaged", "rollouts", "retired", "exemptions"],
      (name) => model.groups.has(name) && { group: model.groups.get(name) },
    );
    drawLegend(byId("legend"));
    examples();
    details.hint();
    refresh();
  }

  start();
})();
