"use strict";
(() => {
  const KEYS = ["team", "motion", "csm", "book", "account"];
  const byId = (id) => document.getElementById(id);
  const form = document.querySelector("form.filters");
  const dialog = byId("detail");
  let data = null;
  let state = {};

  // ---- state: one object, kept in the URL's hash ----
  function readHash() {
    const found = {};
    const hash = location.hash.slice(1);
    if (!hash.includes("=")) return null;
    for (const [key, value] of new URLSearchParams(hash)) if (KEYS.includes(key) && value) found[key] = value;
    return found;
  }

  function setState(change) {
    const next = { ...state, ...change };
    const search = new URLSearchParams();
    for (const key of KEYS) if (next[key]) search.set(key, next[key]);
    const hash = search.toString();
    if (hash === location.hash.slice(1)) return;
    if (hash) location.hash = hash;
    else history.pushState(null, "", location.pathname + location.search), apply({});
  }

  addEventListener("hashchange", () => apply(readHash()));
  addEventListener("popstate", () => apply(readHash() ?? (location.hash ? null : {})));

  // an anchor such as #load leaves the state as it is
  function apply(next) {
    if (next === null) return;
    state = next;
    for (const key of ["team", "motion", "csm"]) form.elements[key].value = state[key] ?? "";
    filterRows();
    showDetail();
    if (view.isDrawn) view.draw();
  }

  // ---- filters ----
  function matches(row) {
    // a row about a CSM has their team and motion; one about a team or a motion is about no CSM
    const place = "csm" in row.dataset ? data.csms.id.indexOf(row.dataset.csm) : -1;
    return ["team", "motion", "csm"].every((key) => {
      if (!state[key]) return true;
      if ("csm" in row.dataset) return key === "csm" ? row.dataset.csm === state.csm : data.csms[key][place] === state[key];
      return !(key in row.dataset) || row.dataset[key] === state[key];
    });
  }

  function filterRows() {
    let shown = 0;
    for (const table of document.querySelectorAll("main table")) {
      let left = 0;
      for (const row of table.tBodies[0].rows) {
        row.hidden = !matches(row);
        left += row.hidden ? 0 : 1;
      }
      shown += left;
      document.querySelector(`[data-empty="${table.dataset.name}"]`).hidden = left > 0;
    }
    const chosen = ["team", "motion", "csm"].some((key) => state[key]);
    byId("told").textContent = chosen ? `${shown} rows match; titles are about everybody` : "";
  }

  function addOptions() {
    const names = { team: new Map(), motion: new Map(), csm: new Map() };
    data.csms.id.forEach((id, i) => {
      names.csm.set(id, data.csms.name[i] ?? id);
      if (data.csms.team[i]) names.team.set(data.csms.team[i], data.csms.team[i]);
      if (data.csms.motion[i]) names.motion.set(data.csms.motion[i], data.csms.motion[i].replaceAll("_", "-"));
    });
    for (const [key, values] of Object.entries(names)) {
      const select = form.elements[key];
      [...values].sort((a, b) => a[1].localeCompare(b[1])).forEach(([value, text]) => select.add(new Option(text, value)));
      select.closest("label").hidden = values.size < 2;
      select.addEventListener("change", () => setState({ [key]: select.value }));
    }
    byId("reset").addEventListener("click", () => setState({ team: "", motion: "", csm: "" }));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
  }

  // ---- drill-down: a CSM, their accounts, the factors of an account's effort ----
  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  const usd = (value) =>
    value === null ? "–" : new Intl.NumberFormat("en", { style: "currency", currency: "USD", notation: "compact" }).format(value);
  const fixed = (value, digits) => (value === null ? "–" : value.toFixed(digits));

  function tableOf(heads, rows, caption) {
    const table = element("table");
    table.append(element("caption", caption));
    const head = table.createTHead().insertRow();
    heads.forEach((text, i) => head.append(element("th", text, i ? { scope: "col", class: "n" } : { scope: "col" })));
    const body = table.createTBody();
    for (const cells of rows) {
      const row = body.insertRow();
      cells.forEach((cell, i) => {
        const made = element(i ? "td" : "th", undefined, i ? { class: "n" } : { scope: "row" });
        made.append(cell);
        row.append(made);
      });
    }
    const wide = element("div", undefined, { class: "wide", tabindex: "0", role: "region", "aria-label": caption });
    wide.append(table);
    return wide;
  }

  function opener(text, change) {
    const button = element("button", text, { class: "open", type: "button" });
    button.addEventListener("click", () => setState(change));
    return button;
  }

  function bookDetail(id) {
    const i = data.csms.id.indexOf(id);
    const places = data.accounts.id.map((_, place) => place).filter((place) => data.accounts.csm[place] === id);
    const name = i < 0 ? id : (data.csms.name[i] ?? id);
    const hours = places.reduce((sum, place) => sum + (data.accounts.effort[place] ?? 0), 0);
    const rows = places.map((place) => [
      opener(data.accounts.name[place] ?? data.accounts.id[place], { account: data.accounts.id[place] }),
      fixed(data.accounts.effort[place], 2),
      usd(data.accounts.arr[place]),
      data.accounts.silent[place] === null ? "–" : String(data.accounts.silent[place]),
      data.accounts.renews[place] ?? "–",
    ]);
    const heads = ["Account", "Hours a week", "ARR", "Days since a conversation", "Next renewal"];
    return [name, tableOf(heads, rows, `${places.length} accounts need ${hours.toFixed(1)} hours a week`)];
  }

  function accountDetail(id) {
    const place = data.accounts.id.indexOf(id);
    if (place < 0) return [id, element("p", "This account is not active.")];
    const rows = [["Base hours of the segment", data.accounts.segment[place] ?? "–", fixed(data.accounts.base[place], 2)]];
    for (const factor of data.factors) {
      rows.push([factor.label, data.levels[factor.name][place] ?? "–", `× ${fixed(data.weights[factor.name][place], 2)}`]);
    }
    rows.push(["Effort, hours a week", "", fixed(data.accounts.effort[place], 2)]);
    const box = element("div");
    const owner = data.csms.id.indexOf(data.accounts.csm[place]);
    const line = element("p", "Book of ");
    line.append(opener(owner < 0 ? data.accounts.csm[place] : (data.csms.name[owner] ?? data.csms.id[owner]), { account: "", book: data.accounts.csm[place] }));
    line.append(` · ${usd(data.accounts.arr[place])} ARR · next renewal ${data.accounts.renews[place] ?? "not known"}`);
    box.append(line, tableOf(["Factor", "Level", "Weight"], rows, "What the effort is made of"));
    return [data.accounts.name[place] ?? id, box];
  }

  function showDetail() {
    if (!state.book && !state.account) {
      if (dialog.open) dialog.close();
      return;
    }
    const [title, body] = state.account ? accountDetail(state.account) : bookDetail(state.book);
    byId("detail-title").textContent = title;
    byId("detail-body").replaceChildren(body);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }

  function addOpeners() {
    for (const [key, name] of [["data-book", "book"], ["data-account", "account"]]) {
      for (const span of document.querySelectorAll(`[${key}]`)) {
        const id = span.getAttribute(key);
        const button = opener(span.textContent, { book: "", account: "", [name]: id });
        span.replaceChildren(button);
      }
    }
    byId("close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => (state.book || state.account) && setState({ book: "", account: "" }));
  }

  // ---- charts: inflated and drawn when first wanted ----
  const view = {
    isDrawn: false,
    async draw() {
      if (!window.vegaEmbed) {
        const script = element("script", `(() => {${await inflate("bundle")}})();`);
        document.head.append(script);
      }
      view.isDrawn = true;
      const style = getComputedStyle(document.documentElement);
      const colour = (name) => style.getPropertyValue(name).trim();
      for (const chart of data.charts) {
        const spec = structuredClone(chart.spec);
        spec.datasets = Object.fromEntries(chart.data.map((name) => [name, rowsOf(data.frames[name])]));
        const text = { labelColor: colour("--ink"), titleColor: colour("--soft") };
        spec.config = {
          ...spec.config, background: null, title: { ...spec.config?.title, color: colour("--ink"), subtitleColor: colour("--soft") },
          axis: { ...spec.config?.axis, ...text, gridColor: colour("--line") }, legend: { ...spec.config?.legend, ...text },
          header: { ...spec.config?.header, ...text }, text: { ...spec.config?.text, fill: colour("--ink") },
        };
        await window.vegaEmbed(byId(`chart-${chart.name}`), spec, { actions: false, renderer: "svg", ast: true });
      }
      byId("draw").closest("p").hidden = true;
      document.documentElement.dataset.charts = "drawn";
    },
  };

  function rowsOf(frame) {
    const names = Object.keys(frame);
    const rows = frame[names[0]].map((_, i) => Object.fromEntries(names.map((name) => [name, frame[name][i]])));
    return rows.filter((row) => ["team", "motion", "csm"].every((key) => !state[key] || !(key in row) || row[key] === state[key]));
  }

  async function inflate(id) {
    const bytes = Uint8Array.from(atob(byId(id).textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  }

  async function start() {
    data = JSON.parse(await inflate("data"));
    addOptions();
    addOpeners();
    if (byId("draw")) {
      byId("draw").closest("p").hidden = false;
      byId("draw").addEventListener("click", () => view.draw());
    }
    apply(readHash() ?? {});
    document.documentElement.dataset.ready = "yes";
  }

  start();
})();
