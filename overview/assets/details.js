"use strict";
// What is known of what is chosen, beside the map.

const details = (() => {
  let node, choose;

  function start(onChoose) {
    node = byId("details");
    choose = onChoose;
  }

  function hint() {
    replace(
      node,
      el("h3", {}, "Details"),
      el("p", {}, "Choose a namespace or a line of the map, a cell of the matrix, or a row of a table."),
      el(
        "p",
        { class: "note" },
        "On the map: drag to move, Ctrl and the wheel to zoom. By keyboard: arrows, Enter to choose, + and − to zoom.",
      ),
    );
  }

  // facts is a list of terms; those without a value are left out.
  function facts(pairs) {
    return el(
      "dl",
      {},
      pairs.filter(([, v]) => v && v.length !== 0).map(([k, v]) => [el("dt", {}, k), el("dd", {}, v)]),
    );
  }

  function show(title, kind, ...content) {
    const heading = el("h3", { tabindex: -1 }, title);
    replace(
      node,
      el("p", { class: "kind" }, kind),
      heading,
      content,
      button("Close", () => choose(null), { class: "close" }),
    );
    return heading;
  }

  function flowButton(f) {
    return button(f.name, () => choose({ flow: f, byKey: true }));
  }

  function groupButton(g, label) {
    return button(label || g.name, () => choose({ group: g, byKey: true }));
  }

  // opener gives what opens a connection: flows, or the policies of no flow.
  function opener(c) {
    if (c.flows.length > 0) return c.flows.map((f, i) => [i ? ", " : null, flowButton(f)]);
    if (c.flowNames.length > 0) return c.flowNames.join(", ");
    return el("span", { class: "note" }, { baseline: "the baseline", loose: "no flow" }[c.kind]);
  }

  function sign(c) {
    return signs[c.mark] ? signs[c.mark] + " " : "";
  }

  function listOf(connections, other, otherLabel, head) {
    const order = { flow: 0, loose: 1, baseline: 2 };
    const sorted = [...connections].sort((a, b) => order[a.kind] - order[b.kind]);
    const rows = sorted.slice(0, 300).map((c) =>
      Object.assign([[sign(c), groupButton(other(c), otherLabel(c))], c.ports, opener(c)], {
        mark: c.mark || c.kind,
      }),
    );
    return [
      tableOf("", [head, "ports", "opened by"], rows),
      sorted.length > rows.length
        ? el(
            "p",
            { class: "note" },
            "and " + (sorted.length - rows.length) + " more: choose an environment or a team",
          )
        : null,
    ];
  }

  function group(g, direction) {
    const state = stateWords[g.state] + (g.until ? " until " + g.until : "");
    const badge = el("p", { class: "badge " + g.state }, state, g.sign === "+" ? " · new" : "");
    const taken = (side) => (g.namespace ? model.connections.filter((c) => takes(c[side], c.cluster, g)) : []);
    const into = [...g.in, ...taken("to")];
    const outOf = [...g.out, ...taken("from")];
    const ins = [...into, ...model.beside.filter((c) => c.to === g)];
    const outs = [...outOf, ...model.beside.filter((c) => c.from === g)];
    const ruled = g.namespace && ["open", "unmanaged"].includes(g.state) ? ", besides what no policy rules" : "";
    return show(
      g.name,
      g.namespace ? "namespace" : "outside of the tenancy",
      g.namespace ? badge : null,
      facts([
        ["why", g.reason],
        ["team", g.team],
        ["owners", g.owners.join(", ")],
        ["environment", g.environment],
        ["cluster", g.cluster],
        ["in Kubernetes", g.kubernetes],
        ["declared at", g.at],
        ["exempt", g.exemptions.map((e) => el("p", {}, e.layer + ": " + e.reason + " (" + e.at + ")"))],
        [
          "workloads",
          g.workloads.map((w) =>
            el("p", {}, el("b", {}, w.name), " " + [w.pods, w.ports.join(", "), w.at].filter(Boolean).join(" · ")),
          ),
        ],
      ]),
      direction === "out"
        ? null
        : [
            el("h4", {}, "Reached by " + into.length + ruled),
            ins.length
              ? listOf(
                  ins,
                  (c) => c.from,
                  (c) => c.fromLabel,
                  "from",
                )
              : el("p", { class: "none" }, ruled ? "no policy says by whom" : "by nobody"),
          ],
      direction === "in"
        ? null
        : [
            el("h4", {}, "Reaches " + outOf.length + ruled),
            outs.length
              ? listOf(
                  outs,
                  (c) => c.to,
                  (c) => c.toLabel,
                  "to",
                )
              : el("p", { class: "none" }, ruled ? "no policy says what" : "nothing"),
          ],
    );
  }

  function flowFacts(f) {
    return facts([
      ["reason", f.reason],
      ["from", f.from],
      ["to", f.to],
      ["ports", f.ports],
      ["environments", f.environments.join(", ")],
      ["owners", f.owners.join(", ")],
      ["ticket", f.ticket],
      ["expires", f.expires],
      ["declared at", el("code", {}, f.at)],
    ]);
  }

  function flow(f) {
    return show(
      f.name,
      "flow",
      el("p", { class: "badge " + f.state }, f.state + (f.expires ? ", last day " + f.expires : "")),
      flowFacts(f),
      el("h4", {}, "Opens " + counted(f.connections.length, "connection")),
      f.connections.length ? connections(f.connections) : el("p", { class: "none" }, "nothing"),
    );
  }

  function connections(list) {
    const rows = list.slice(0, 300).map((c) =>
      Object.assign([[sign(c), groupButton(c.from, c.fromLabel)], groupButton(c.to, c.toLabel), c.ports], {
        mark: c.mark || c.kind,
      }),
    );
    return [
      tableOf("", ["from", "to", "ports"], rows),
      more(list, rows),
    ];
  }

  // more says how much of a list is not shown.
  function more(list, shown) {
    const rest = list.length - shown.length;
    return rest > 0 ? el("p", { class: "note" }, "and " + rest + " more") : null;
  }

  // several shows a line of the map, or a cell of the matrix.
  function several(title, list) {
    const flows = [...new Set(list.flatMap((c) => c.flows))];
    const policies = [...new Set(list.flatMap((c) => c.policies))];
    const someFlows = flows.slice(0, 30);
    const somePolicies = policies.slice(0, 60);
    return show(
      title,
      counted(list.length, "connection"),
      connections(list),
      someFlows.map((f) => [el("h4", {}, flowButton(f)), flowFacts(f)]),
      more(flows, someFlows),
      policies.length
        ? [
            el("h4", {}, "Allowed by " + (policies.length === 1 ? "the policy" : policies.length + " policies")),
            el(
              "ul",
              { class: "policies" },
              somePolicies.map((p) => el("li", {}, el("code", {}, p))),
            ),
            more(policies, somePolicies),
          ]
        : null,
    );
  }

  return { start, hint, group, flow, several, opener, groupButton, flowButton, sign };
})();
