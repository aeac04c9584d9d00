"use strict";
// Every text of the organization goes in as text, never as markup: an account's root user can choose its name.
const data = JSON.parse(document.getElementById("data").textContent);
const { report } = data;
const { spokes, hub } = report;
const at = (id) => document.getElementById(id);
const STEP = 500;
/** Each standing of an account in a region, the worst first: its short name in a cell, and what it means. */
const STATES = {
  gap: ["gap", "nothing that root does there is reported"],
  quiet: ["quiet", "no heartbeat arrives from there"],
  unseen: ["?", "these credentials cannot see it"],
  covered: ["ok", "watched"],
  off: ["off", "the account has turned the region off"],
  suspended: ["\u2013", "suspended: nobody can sign in"],
};
const ORDER = Object.keys(STATES);
const LABELS = { gap: "gaps", quiet: "quiet", unseen: "cannot be seen", suspended: "suspended", off: "regions turned off", covered: "covered everywhere" };

const make = (tag, text, cls) => {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  if (cls) node.className = cls;
  return node;
};

/** A text whose commands, which stand in backticks, can be copied. */
function marked(text) {
  const parts = text.split("`");
  return parts.map((part, place) => {
    if (place % 2 === 0 || place === parts.length - 1) return document.createTextNode(part);
    const whole = make("span");
    const button = make("button", "copy", "copy");
    button.type = "button";
    button.setAttribute("aria-label", `copy ${part}`);
    button.addEventListener("click", () => copy(part, button));
    whole.append(make("code", part), button);
    return whole;
  });
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
  } catch {
    const range = document.createRange();
    range.selectNodeContents(button.previousSibling);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = "selected";
  }
}

const key = (account, region) => account + " " + region;
const special = new Map();
for (const place of spokes.off) special.set(key(place.account, place.region), { state: "off" });
for (const place of spokes.unseen_locations) special.set(key(place.account, place.region), { state: "unseen" });
for (const gap of report.gaps.filter((it) => data.quiet.includes(it.id)))
  for (const account of gap.accounts || [gap.account])
    for (const region of gap.regions || [gap.region])
      special.set(key(account, region), { state: "quiet", reason: gap.text, closes: gap.fix });
for (const gap of spokes.gaps)
  for (const { account } of gap.accounts)
    for (const region of gap.regions) special.set(key(account, region), { state: "gap", ...gap });

const cell = (row, region) =>
  row.standing === "suspended" ? { state: "suspended" } : special.get(key(row.account, region)) || { state: "covered" };

const heard = (account, region) => {
  const of_region = ((spokes.heartbeats || {}).last_heard || {})[region];
  if (!of_region || !(account in of_region)) return "";
  return of_region[account] ? `last heard ${of_region[account]}` : "never heard";
};

const unit = (row) => row.unit_path || row.unit;

const rank = (row) => {
  const states = spokes.regions.map((region) => ORDER.indexOf(cell(row, region).state));
  return Math.min(...states);
};
const ranked = spokes.every_account.map((row) => ({ row, rank: rank(row) })).sort((a, b) => a.rank - b.rank);

const is_shown = (cells, state) =>
  state === "covered"
    ? cells.every((it) => it.state === "covered" || it.state === "off")
    : cells.some((it) => it.state === state);

function matches(row, text, regions, state) {
  const cells = regions.map((region) => cell(row, region));
  if (state && !is_shown(cells, state)) return false;
  const reasons = cells.map((it) => it.reason || "");
  return [row.account, row.name, unit(row), row.unit, ...reasons].join("\n").toLowerCase().includes(text);
}

let shown = STEP;
let state = "";
/** Accounts whose details are shown. */
const opened = new Set();

const column = (title, cls) => {
  const node = make("th", title, cls);
  node.scope = "col";
  return node;
};

/** `17/20`: in how many regions an account is watched, of those that it has turned on. */
function sum(row) {
  const cells = spokes.regions.map((region) => cell(row, region).state);
  if (row.standing === "suspended") return make("td", STATES.suspended[0], "suspended");
  const on = cells.filter((it) => it !== "off");
  const good = on.filter((it) => it === "covered").length;
  const worst = ORDER[Math.min(...on.map((it) => ORDER.indexOf(it)), ORDER.length - 1)];
  return make("td", `${good}/${on.length}`, worst);
}

/** One line for each reason, with what closes it. */
function why(row, regions, width) {
  const reasons = new Map();
  for (const region of regions) {
    const it = cell(row, region);
    const text = [it.reason || (it.state === "covered" ? "" : STATES[it.state][1]), it.closes].filter(Boolean).join(": ");
    const note = [text, heard(row.account, region)].filter(Boolean).join("; ") || STATES[it.state][1];
    reasons.set(note, [...(reasons.get(note) || []), region]);
  }
  const list = make("ul");
  for (const [note, places] of reasons) {
    const item = make("li", `${places.join(", ")}: `);
    item.append(...marked(note));
    list.append(item);
  }
  const line = make("tr", "", "why");
  const box = make("td");
  box.colSpan = width;
  box.append(list);
  line.append(box);
  return line;
}

/** The row of an account, and its details where they are shown. */
function lines(row, regions, chosen) {
  const line = make("tr");
  const head = make("th");
  head.scope = "row";
  const button = make("button", "details", "why");
  button.type = "button";
  button.setAttribute("aria-expanded", String(opened.has(row.account)));
  button.setAttribute("aria-label", `details of ${row.account}`);
  button.addEventListener("click", () => {
    const is_open = opened.delete(row.account);
    if (is_open) line.nextSibling.remove();
    else {
      opened.add(row.account);
      line.after(why(row, regions, line.children.length));
    }
    button.setAttribute("aria-expanded", String(!is_open));
    keep();
  });
  head.append(make("b", row.account), document.createTextNode(row.name), button);
  line.append(head, sum(row), make("td", unit(row), "unit"));
  for (const region of regions) {
    const it = cell(row, region);
    line.append(make("td", STATES[it.state][0], `${it.state} region ${chosen}`));
  }
  return opened.has(row.account) ? [line, why(row, regions, line.children.length)] : [line];
}

function draw() {
  const text = at("text").value.trim().toLowerCase();
  const regions = at("region").value ? [at("region").value] : spokes.regions;
  const chosen = at("region").value ? "chosen" : "";
  const rows = ranked.map((it) => it.row).filter((row) => matches(row, text, regions, state));
  const head = make("tr");
  head.append(column("Account"), column("All regions"), column("Unit", "unit"));
  head.append(...regions.map((region) => column(region, `region ${chosen}`)));
  document.querySelector("thead").replaceChildren(head);
  document.querySelector("tbody").replaceChildren(...rows.slice(0, shown).flatMap((row) => lines(row, regions, chosen)));
  at("count").textContent = `${rows.length} of ${spokes.every_account.length} accounts`;
  at("more").hidden = rows.length <= shown;
  for (const button of at("states").querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(button.value === state));
}

/** What is shown stands in the address, so that a view can be sent to somebody. */
function keep() {
  const now = { text: at("text").value, region: at("region").value, state, open: [...opened].join(" ") };
  const kept = Object.entries(now).filter(([, value]) => value);
  history.replaceState(null, "", "#" + new URLSearchParams(kept));
}

function filtered() {
  shown = STEP;
  keep();
  draw();
}

/** A button for each standing that there is, with how many accounts have it somewhere. */
function states() {
  const count = (state) => ranked.filter(({ row }) => matches(row, "", spokes.regions, state)).length;
  const buttons = [["", "everything", ranked.length], ...ORDER.map((state) => [state, LABELS[state], count(state)])];
  for (const [value, label, number] of buttons) {
    if (!number) continue;
    const button = make("button", `${label} ${number}`);
    button.type = "button";
    button.value = value;
    button.addEventListener("click", () => {
      state = value;
      filtered();
    });
    at("states").append(button);
  }
}

function card(title, text, cls) {
  if (!text) return;
  const box = make("div", "", cls);
  box.append(make("dt", title), make("dd", text));
  at("sums").append(box);
}

const told = (topic) => {
  if (topic.subscriptions_unknown) return ["not known", "unknown"];
  const standings = Object.values(topic.subscriptions);
  const count = (standing) => standings.filter((it) => it === standing).length;
  const rest = ["pending", "gone"].filter(count).map((it) => `, ${count(it)} ${it}`);
  return [`${count("confirmed")} confirmed${rest.join("")}`, count("confirmed") ? "" : "bad"];
};

function sums() {
  const all = spokes.covered_accounts === spokes.accounts;
  card("Accounts covered in all regions", `${spokes.covered_accounts} of ${spokes.accounts}, ${spokes.regions.length} regions`, all ? "" : "bad");
  const beats = spokes.heartbeats;
  if (beats && beats.expected !== undefined)
    card(`Heard within ${beats.within}`, `${beats.heard} of ${beats.expected}${beats.new ? `, ${beats.new} not due yet` : ""}`, beats.heard + beats.new === beats.expected ? "" : "bad");
  else if (beats) card("Heartbeats", beats.every === "off" ? "off" : "could not be read", "unknown");
  card("Notified of root activity", ...told(hub));
  card("Notified when the watch breaks", ...told(hub.health));
  for (const { title, text, standing } of data.cards) card(title, text, standing);
  const accepted = report.accepted.length ? `, and ${report.accepted.length} accepted` : "";
  card("Gaps", `${report.gaps.length}${accepted}`, report.gaps.length ? "bad" : "");
}

/** Each subscriber, with what of and whether it would arrive. */
function people() {
  const all = new Map();
  for (const [what, topic] of [["root activity", hub], ["a broken watch", hub.health]])
    for (const [who, standing] of Object.entries(topic.subscriptions))
      all.set(who, [...(all.get(who) || []), `${what} (${standing})`]);
  for (const [who, told_of] of all) {
    const item = make("li");
    item.append(make("b", who), document.createTextNode(`: ${told_of.join(", ")}`));
    at("people").querySelector("ul").append(item);
  }
  at("people").hidden = all.size === 0;
}

function findings() {
  at("findings").hidden = report.gaps.length === 0;
  for (const gap of report.gaps) {
    const item = make("li");
    item.append(make("b", `${gap.id} `), ...marked([gap.text, gap.fix].filter(Boolean).join(": ")));
    at("gaps").append(item);
  }
}

function start() {
  at("where").textContent = `${data.place}, as of ${data.made}, by rootwatch ${data.version}`;
  sums();
  findings();
  people();
  at("legend").textContent = ORDER.map((it) => `${STATES[it][0]}: ${STATES[it][1]}`).join("; ");
  at("region").append(...spokes.regions.map((region) => make("option", region)));
  states();
  for (const [id, value] of new URLSearchParams(location.hash.slice(1))) {
    if (id === "state") state = value;
    else if (id === "open") value.split(" ").forEach((account) => opened.add(account));
    else if (at(id)) at(id).value = value;
  }
  for (const id of ["text", "region"]) at(id).addEventListener("input", filtered);
  document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  at("more").addEventListener("click", () => {
    shown += STEP;
    draw();
  });
  draw();
}

start();
