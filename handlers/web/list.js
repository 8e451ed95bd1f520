// The list of an activity. What is ticked is kept on this phone until the server has
// confirmed it, and only then shown as done; the page works without a network.
"use strict";

const { number } = document.body.dataset;
const checksOut = "out" in document.body.dataset;
const byID = (id) => document.getElementById(id);

// What outlives the page. A tick: { nonce, id, name, out, at }; one that was refused
// has why.
const kept = (name, otherwise) => JSON.parse(localStorage.getItem(`${number}/${name}`) ?? "null") ?? otherwise;
const keep = (name, value) => localStorage.setItem(`${number}/${name}`, JSON.stringify(value));
let queue = kept("queue", []);
let refused = kept("refused", []);
const requeue = (fn) => keep("queue", queue = fn(kept("queue", []))); // another tab may have the same list
let ahead = kept("ahead", 0); // the server's clock before ours, in milliseconds

let roll = JSON.parse(byID("roll").textContent);
let csrf = roll.csrf;
let trouble = ""; // why nothing is sent: offline, login, or words
let sending = [];

function newNonce() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

// take makes what the server says the list.
function take(fresh) {
  roll = fresh;
  csrf = fresh.csrf;
  ahead = fresh.now - Date.now();
  keep("ahead", ahead);
}

async function call(path, body, type) {
  const headers = { "X-CSRF-Token": csrf };
  if (type) headers["Content-Type"] = type;
  const answer = await fetch(`/a/${number}/${path}`, {
    method: body ? "POST" : "GET", headers, body, cache: "no-store", signal: AbortSignal.timeout(15000),
  });
  if (answer.ok) return answer.json();
  const { error } = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(error), { status: answer.status });
}

// refresh asks how the list stands.
async function refresh() {
  try {
    take(await call("roll"));
    trouble = "";
  } catch (fault) {
    blame(fault);
  }
  render();
}

function blame(fault) {
  trouble = !fault.status ? "offline" : [401, 403].includes(fault.status) ? "login" : fault.message || "busy";
}

// flush sends what waits. What the server recorded leaves the queue, and what it
// refused goes to where a person sees why.
let renewed = false;
async function flush() {
  if (sending.length || !queue.length) return;
  sending = queue.slice(0, 200);
  render();
  try {
    const { done, roll: fresh } = await call("ticks", JSON.stringify({ ticks: sending }), "application/json");
    const words = new Map(done.map((d) => [d.nonce, d.refused ?? ""]));
    refused.push(...sending.filter((t) => words.get(t.nonce)).map((t) => ({ ...t, why: words.get(t.nonce) })));
    keep("refused", refused);
    requeue((q) => q.filter((t) => !words.has(t.nonce)));
    take(fresh);
    trouble = "";
    renewed = false;
  } catch (fault) {
    blame(fault);
    if (trouble === "login" && !renewed) { // the page may be older than the session
      renewed = true;
      await refresh();
    }
  }
  sending = [];
  render();
  if (!trouble && queue.length) flush();
}

function tick(id, name) {
  const out = doing() === "out";
  if (id && waiting(id, out)) return;
  requeue((q) => [...q, { nonce: newNonce(), id, name, out, at: Date.now() + ahead }]);
  render();
  flush();
}

const doing = () => document.querySelector("input[name=do]:checked")?.value ?? "in";
const waiting = (id, out) => queue.find((t) => t.id === id && t.out === out);
const clock = (ms) => new Date(ms).toLocaleTimeString("zh-CN", { hour: "numeric", minute: "2-digit", timeZone: "Asia/Shanghai" });

function element(tag, text, attributes = {}) {
  const e = document.createElement(tag);
  e.textContent = text;
  Object.entries(attributes).forEach(([name, value]) => e.setAttribute(name, value));
  return e;
}

// waitingButton shows a tick that is not sent yet; pressed it is taken back.
function waitingButton(t) {
  const b = element("button", `待上传 ${clock(t.at)}`, { class: "waits", "aria-label": `${t.name}，待上传，点一下收回` });
  b.disabled = sending.some(({ nonce }) => nonce === t.nonce);
  b.addEventListener("click", () => {
    requeue((q) => q.filter(({ nonce }) => nonce !== t.nonce));
    render();
  });
  return b;
}

function rowOf(person) {
  const out = doing() === "out", li = document.createElement("li");
  const name = element("button", person.name, { class: "plain name" });
  name.append(element("small", [person.note, person.warn].filter(Boolean).join(" · ")));
  name.addEventListener("click", () => openPerson(person));
  li.append(name);
  const done = out ? person.out : person.in, wait = waiting(person.id, out);
  if (done) {
    li.append(element("span", `✓ ${done}`, { class: "good" }));
  } else if (wait) {
    li.append(waitingButton(wait));
  } else {
    const b = element("button", out ? "签退" : "签到", { "aria-label": `${person.name} ${out ? "签退" : "签到"}` });
    b.addEventListener("click", () => tick(person.id, person.name));
    li.append(b);
  }
  return li;
}

function walkInRow(t) {
  const li = document.createElement("li");
  li.append(element("span", t.name, { class: "name" }), waitingButton(t));
  return li;
}

const troubles = { offline: "断网了", login: "登录过期了，请从聊天里重新打开这一页（勾的都在，不会丢）", busy: "服务器忙" };

function render() {
  const words = byID("find").value.trim().toLowerCase();
  const found = roll.rows.filter((r) => !words || r.name.toLowerCase().includes(words) || r.sound.includes(words));
  byID("rows").replaceChildren(...queue.filter((t) => !t.id).map(walkInRow), ...found.map(rowOf));
  byID("count").textContent = `名单上 ${roll.listed} 人，已签到 ${roll.in} 人` + (checksOut ? `，已签退 ${roll.out} 人` : "") + (roll.pending ? `，待确认 ${roll.pending} 人（登记即确认）` : "");
  const state = byID("state");
  const wait = queue.length ? `待上传 ${queue.length} 条` : "";
  state.textContent = [troubles[trouble] ?? trouble, wait].filter(Boolean).join("，") || "都已上传";
  state.className = trouble ? "fault" : queue.length ? "waits" : "good";
  const box = byID("refused");
  box.hidden = !refused.length;
  box.replaceChildren(element("p", "这几条没有登记："), ...refused.map((t) => element("p", `${t.name} ${clock(t.at)} ${t.out ? "签退" : "签到"}：${t.why}`)));
  const ok = element("button", "知道了", { class: "plain" });
  ok.addEventListener("click", () => {
    refused = [];
    keep("refused", refused);
    render();
  });
  box.append(ok);
}

let shown; // whom the dialog is about
function openPerson(person) {
  shown = person;
  byID("person-name").textContent = person.name;
  byID("person-facts").textContent = [person.id, person.phone, person.note, person.in && `签到 ${person.in}`, person.out && `签退 ${person.out}`, person.warn].filter(Boolean).join("，");
  byID("undo").hidden = !person.in;
  byID("undo-what").textContent = person.out ? "签退" : "签到";
  byID("why").value = "";
  byID("confirm").hidden = !person.pending;
  byID("invite").hidden = !person.outside;
  byID("link").hidden = true;
  byID("person-fault").textContent = "";
  byID("person").showModal();
}

async function ask(path, fields) {
  byID("person-fault").textContent = "";
  try {
    return await call(path, new URLSearchParams({ id: shown.id, csrf, ...fields }));
  } catch (fault) {
    byID("person-fault").textContent = fault.message || "没有做成：要联网才能做，请稍后再试。";
  }
}

// settle asks for something of the person in the dialog, which closes when it is done.
async function settle(event, path, fields) {
  event.preventDefault();
  const done = await ask(path, fields);
  if (!done) return;
  take(done.roll);
  byID("person").close();
  render();
}
byID("undo").addEventListener("submit", (event) => settle(event, "undo", { no: shown.out ? shown.outNo : shown.inNo, why: byID("why").value }));
byID("confirm").addEventListener("submit", (event) => settle(event, "confirm", {}));

byID("invite").addEventListener("submit", async (event) => {
  event.preventDefault();
  const made = await ask("invite", {});
  if (made) {
    const svg = byID("link").querySelector("svg"), [paper, ink] = svg.children;
    svg.setAttribute("viewBox", `0 0 ${made.size} ${made.size}`);
    paper.setAttribute("d", `M0 0h${made.size}v${made.size}H0z`);
    ink.setAttribute("d", made.qr);
    byID("link").hidden = false;
  }
});

byID("walk-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = byID("walk-in-name").value.trim();
  byID("walk-in-name").value = "";
  if (name) tick("", name);
});
byID("find").addEventListener("input", render);
document.querySelectorAll("input[name=do]").forEach((e) => e.addEventListener("change", render));

const wake = () => queue.length ? flush() : refresh();
addEventListener("storage", () => {
  queue = kept("queue", []);
  refused = kept("refused", []);
  render();
});
addEventListener("online", wake);
addEventListener("offline", () => { trouble = "offline"; render(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) wake(); });
let beat = 0;
setInterval(() => { if (!document.hidden && (queue.length || trouble || ++beat % 3 === 0)) wake(); }, 5000);

// keepPage keeps this page and what it loads for when there is no network, and
// forgets lists of last week.
const keptFor = 7 * 24 * 3600 * 1000;
async function keepPage() {
  await navigator.serviceWorker.register("/a/sw.js", { scope: "/a/" });
  const cache = await caches.open("lists");
  for (const request of await cache.keys()) {
    const date = Date.parse((await cache.match(request)).headers.get("Date"));
    if (!(Date.now() - date < keptFor)) await cache.delete(request);
  }
  const parts = [...document.querySelectorAll("link[href], script[src]")].map((e) => e.href || e.src);
  await cache.addAll([location.pathname, ...parts]);
  document.body.dataset.kept = "";
}

render();
refresh().then(() => { if (!trouble) flush(); });
if (navigator.serviceWorker && window.caches) keepPage().catch(() => {}); // then it works as long as it stays open
