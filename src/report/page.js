"use strict";
// Every text of the organization goes in as text, never as markup: an account's root user can choose its name.
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const STEP = 500;
const WORDS = { covered: "covered", unseen: "cannot be seen", off: "turned off", suspended: "suspended" };

const key = (account, region) => account + " " + region;
const special = new Map();
for (const location of data.off) special.set(key(location.account, location.region), { state: "off" });
for (const location of data.unseen_locations) special.set(key(location.account, location.region), { state: "unseen" });
for (const gap of data.gaps)
  for (const { account } of gap.accounts)
    for (const region of gap.regions) special.set(key(account, region), { state: "gap", ...gap });

const cell = (row, region) =>
  row.standing === "suspended"
    ? { state: "suspended" }
    : special.get(key(row.account, region)) || { state: "covered" };

const make = (tag, text, cls) => {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  if (cls) node.className = cls;
  return node;
};

const unit = (row) => (row.unit_path ? `${row.unit_path} (${row.unit})` : row.unit);

function matches(row, text, regions, state) {
  const cells = regions.map((region) => cell(row, region));
  if (state === "covered") {
    if (!cells.every((it) => it.state === "covered" || it.state === "off")) return false;
  } else if (state && !cells.some((it) => it.state === state)) return false;
  const reasons = cells.map((it) => it.reason || "");
  return [row.account, row.name, unit(row), ...reasons].join("\n").toLowerCase().includes(text);
}

let shown = STEP;

function draw() {
  const text = at("text").value.trim().toLowerCase();
  const regions = at("region").value ? [at("region").value] : data.regions;
  const rows = data.every_account.filter((row) => matches(row, text, regions, at("state").value));
  const head = make("tr");
  for (const title of ["Account", "Name", "Unit", ...regions]) head.append(make("th", title));
  document.querySelector("thead").replaceChildren(head);
  const body = rows.slice(0, shown).map((row) => {
    const line = make("tr");
    line.append(make("td", row.account), make("td", row.name), make("td", unit(row)));
    for (const region of regions) {
      const it = cell(row, region);
      const box = make("td", it.reason || WORDS[it.state], it.state);
      if (it.closes) box.title = it.closes;
      line.append(box);
    }
    return line;
  });
  document.querySelector("tbody").replaceChildren(...body);
  at("count").textContent = `${rows.length} of ${data.every_account.length} accounts`;
  at("more").hidden = rows.length <= shown;
}

/** The filter stands in the address, so that a view can be sent to somebody. */
function filtered() {
  shown = STEP;
  const now = { text: at("text").value, region: at("region").value, state: at("state").value };
  const kept = Object.entries(now).filter(([, value]) => value);
  history.replaceState(null, "", "#" + new URLSearchParams(kept));
  draw();
}

function start() {
  at("where").textContent = `${data.place}, as of ${data.made}`;
  at("sums").textContent =
    `${data.covered_accounts} of ${data.accounts} active accounts are covered in all of ${data.regions.length} regions; gaps: ${data.all_gaps.length}` + (data.accepted ? `, and ${data.accepted} accepted` : "");
  at("gaps").append(...data.all_gaps.map((gap) => make("li", gap)));
  at("region").append(...data.regions.map((region) => make("option", region)));
  for (const [id, value] of new URLSearchParams(location.hash.slice(1))) if (at(id)) at(id).value = value;
  for (const id of ["text", "region", "state"]) at(id).addEventListener("input", filtered);
  document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  at("more").addEventListener("click", () => {
    shown += STEP;
    draw();
  });
  draw();
}

start();
