// The screen at a venue: a new code every half minute, never an old one.
"use strict";

const { number } = document.body.dataset;
const byID = (id) => document.getElementById(id);
const [paper, ink] = document.querySelectorAll("#qr path");
let until = Number(document.body.dataset.until);
let ahead = Number(document.body.dataset.now) - Date.now(); // of the server's clock
let code = byID("code").hidden ? "" : "shown";

function show(now) {
  ahead = now.now - Date.now();
  until = now.until ?? 0;
  byID("in").textContent = now.in;
  byID("listed").textContent = now.listed;
  if (byID("out")) byID("out").textContent = now.out;
  byID("why").textContent = now.why ?? "";
  byID("why").hidden = !now.why;
  byID("lost").hidden = true;
  code = now.digits;
  if (code) {
    byID("digits").textContent = `签到 ${number} ${code}`;
    document.querySelector("#qr svg").setAttribute("viewBox", `0 0 ${now.size} ${now.size}`);
    paper.setAttribute("d", `M0 0h${now.size}v${now.size}H0z`);
    ink.setAttribute("d", now.qr);
  }
  tick();
}

// tick shows how long the code is good, and hides one that is not.
function tick() {
  const left = (until - Date.now() - ahead) / 1000;
  byID("left").value = Math.max(0, left);
  byID("code").hidden = !code || left <= 0;
}

let asking = false;
async function ask() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(`/a/${number}/code`, { cache: "no-store", signal: AbortSignal.timeout(8000) });
    if (answer.ok) {
      show(await answer.json());
    } else if (answer.status === 401 || answer.status === 403) {
      byID("why").textContent = "登录过期了，请从聊天里重新打开这一页。";
      byID("why").hidden = false;
    }
  } catch {
    byID("lost").hidden = until > Date.now() + ahead; // the code that is shown is still good
  } finally {
    asking = false;
  }
}

// Every five seconds, and with the first second in which the code is an old one.
setInterval(() => {
  tick();
  if (until <= Date.now() + ahead || Math.floor(Date.now() / 1000) % 5 === 0) ask();
}, 1000);
tick();

if (document.documentElement.requestFullscreen) {
  byID("full").hidden = false;
  byID("full").addEventListener("click", () => document.documentElement.requestFullscreen());
}
const stayAwake = () => navigator.wakeLock?.request("screen").catch(() => {});
document.addEventListener("visibilitychange", () => { if (!document.hidden) stayAwake(); });
stayAwake();
