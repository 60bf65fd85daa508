// The page's script: the light and dark switch, values under the pointer, and the table of rows. Whatever comes from the
// report is set as text, never as markup.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);

  // Copying.
  for (const button of document.querySelectorAll(".copy")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select it";
      }
    });
  }

  // Light and dark.
  const root = document.documentElement;
  const theme = $("theme");
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
  const labelTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.hidden = false;
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; labelTheme(); });
  prefersDark.addEventListener("change", labelTheme);
  labelTheme();

  // Values under the pointer. They are those of the table of numbers.
  const tip = $("tip");
  const numbers = $("numbers");
  const steps = numbers ? numbers.tBodies[0].rows : [];
  const heads = numbers ? numbers.tHead.rows[0].cells : [];
  for (const svg of document.querySelectorAll(".chart > svg")) {
    const middles = svg.dataset.x.split(" ").map(Number);
    const columns = svg.parentNode.dataset.columns.split(" ").map(Number);
    const cursor = svg.querySelector(".cursor");
    const hide = () => { tip.hidden = true; cursor.setAttribute("d", ""); };
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
      let at = 0;
      for (let i = 1; i < middles.length; i++) {
        if (Math.abs(middles[i] - x) < Math.abs(middles[at] - x)) at = i;
      }
      const cells = steps[at].cells;
      const lines = columns.filter((c) => cells[c].textContent).map((c) => cells[c].textContent + "  " + heads[c].textContent);
      tip.textContent = [cells[0].textContent].concat(lines).join("\n");
      cursor.setAttribute("d", "M" + middles[at] + " " + svg.dataset.top + "V" + svg.dataset.bottom);
      tip.hidden = false;
      const left = event.clientX + 14 + tip.offsetWidth > window.innerWidth ? event.clientX - 14 - tip.offsetWidth : event.clientX + 14;
      tip.style.left = Math.max(4, left) + "px";
      tip.style.top = Math.max(4, event.clientY - tip.offsetHeight - 10) + "px";
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("pointercancel", hide);
  }

  // The table of rows, and the fragment of the address, which says what is shown of it: #q=…&outcome=…&cause=…&channel=…
  // &sort=…&theme=…
  const data = $("data") ? JSON.parse($("data").textContent) : null;
  const screenful = 50;
  const fields = ["q", "outcome", "cause", "channel"];
  let sort = { by: "line", down: false };
  let all = false;

  const rows = !data ? [] : data.rows.map((r) => {
    const causes = (r.c || []).map((i) => data.causes[i]);
    return {
      line: r.l, outcome: r.o, causes, cause: causes.map((c) => c.title).join("; "), channel: r.ch || "", identity: r.i || "",
      reason: r.w || "", request: r.q || "", time: r.t || 0, report: data.reports[r.r || 0] || "",
      text: ["line " + r.l, r.o, r.ch, r.i, r.w, r.q, causes.map((c) => c.title).join(" ")].join("\n").toLowerCase(),
    };
  });

  const option = (select, value, label) => {
    const o = document.createElement("option");
    o.value = value;
    o.textContent = label;
    select.append(o);
  };
  const cell = (tr, name, text) => {
    const td = document.createElement("td");
    td.className = name;
    td.textContent = text;
    tr.append(td);
    return td;
  };
  const part = (td, tag, name, text) => {
    if (!text) return;
    const e = document.createElement(tag);
    e.className = name;
    e.textContent = text;
    td.append(e);
  };
  const count = (n) => n.toLocaleString("en-US");

  function draw() {
    const words = $("q").value.toLowerCase().split(/\s+/).filter(Boolean);
    const [outcome, cause, channel] = [$("outcome").value, $("cause").value, $("channel").value.trim()];
    const found = rows.filter((r) =>
      (!outcome || r.outcome === outcome) && (!cause || r.causes.some((c) => c.id === cause)) &&
      (!channel || r.channel.includes(channel)) && words.every((w) => r.text.includes(w)));
    const way = sort.down ? -1 : 1;
    found.sort((a, b) => way * (a[sort.by] < b[sort.by] ? -1 : a[sort.by] > b[sort.by] ? 1 : 0) || a.line - b.line);
    const shown = all ? found : found.slice(0, screenful);
    const body = document.createElement("tbody");
    for (const r of shown) {
      const tr = body.insertRow();
      cell(tr, "line", (r.line ? "line " + count(r.line) : "in no row") + (data.reports.length > 1 ? "\n" + r.report : ""));
      cell(tr, "outcome", r.outcome);
      part(cell(tr, "identity", ""), "bdi", "data strong", r.identity);
      part(cell(tr, "channel", ""), "bdi", "data", r.channel);
      const why = cell(tr, "", "");
      part(why, "div", "why", r.cause);
      part(why, "div", "reason", r.reason);
      part(why, "div", "reason", r.request);
      cell(tr, "when", r.time ? new Date(r.time).toISOString().slice(0, 19).replace("T", " ") : "");
    }
    $("table").replaceChild(body, $("table").tBodies[0]);
    $("table").hidden = found.length === 0;
    $("found").textContent = found.length === 0 ? "No row fits." :
      (found.length === rows.length ? count(found.length) + (found.length === 1 ? " row" : " rows") :
        count(found.length) + " of " + count(rows.length) + " rows") +
      (shown.length < found.length ? ", the first " + count(shown.length) + " shown" : "");
    $("more").hidden = shown.length === found.length;
    $("more").textContent = "Show all " + count(found.length);
    for (const button of $("table").tHead.querySelectorAll("button")) {
      const by = button.dataset.sort === sort.by;
      button.parentNode.setAttribute("aria-sort", !by ? "none" : sort.down ? "descending" : "ascending");
    }
  }

  function toAddress() {
    const p = new URLSearchParams();
    for (const f of fields) if ($(f).value) p.set(f, $(f).value);
    if (sort.by !== "line" || sort.down) p.set("sort", (sort.down ? "-" : "") + sort.by);
    try {
      history.replaceState(null, "", "#" + (p.toString() || "rows"));
    } catch { /* a page that may not change its address is a page all the same */ }
  }

  function fromAddress() {
    const p = new URLSearchParams(location.hash.slice(1));
    if (p.has("theme")) { root.dataset.theme = p.get("theme") === "dark" ? "dark" : "light"; labelTheme(); }
    if (!data || !fields.concat("sort").some((f) => p.has(f))) return false;
    for (const f of fields) $(f).value = p.get(f) || "";
    const by = (p.get("sort") || "line").replace(/^-/, "");
    if ($("table").querySelector('[data-sort="' + CSS.escape(by) + '"]')) {
      sort = { by, down: (p.get("sort") || "").startsWith("-") };
    }
    all = false;
    draw();
    return true;
  }

  if (data) {
    for (const outcome of [...new Set(rows.map((r) => r.outcome))].sort()) option($("outcome"), outcome, outcome);
    for (const cause of data.causes) option($("cause"), cause.id, cause.title);
    for (const channel of [...new Set(rows.map((r) => r.channel))].sort().slice(0, 500)) option($("channels-list"), channel, channel);
    const changed = () => { all = false; draw(); toAddress(); };
    $("filters").hidden = false;
    $("filters").addEventListener("input", changed);
    $("filters").addEventListener("submit", (event) => event.preventDefault());
    $("filters").addEventListener("reset", () => setTimeout(changed));
    $("more").addEventListener("click", () => { all = true; draw(); });
    $("table").tHead.addEventListener("click", (event) => {
      const by = event.target.dataset.sort;
      if (!by) return;
      sort = { by, down: sort.by === by && !sort.down };
      draw();
      toAddress();
    });
    draw();
  }
  window.addEventListener("hashchange", () => { if (fromAddress()) $("rows").scrollIntoView(); });
  if (fromAddress()) $("rows").scrollIntoView({ behavior: "instant" });
})();
