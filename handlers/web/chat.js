// Asks without leaving the page: the form is sent as the browser would send it,
// and the answer is taken out of the page that the server makes. Everything
// works without this file too.
"use strict";
(() => {
  const form = document.getElementById("ask");
  const input = document.getElementById("q");
  const prev = document.getElementById("prev");
  const log = document.getElementById("log");
  const examples = document.getElementById("examples");
  let busy = false;

  const bubble = (cls, text) => {
    const b = document.createElement("div");
    const p = document.createElement("p");
    b.className = cls;
    p.textContent = text; // as text, never as HTML
    b.append(p);
    log.append(b);
    b.scrollIntoView({ block: "nearest" });
    return b;
  };

  const ask = async (q) => {
    if (busy || !q.trim()) return;
    busy = true;
    bubble("me", q);
    const wait = bubble("bot wait", "正在查…");
    try {
      const res = await fetch("/", { method: "POST", body: new URLSearchParams({ q, prev: prev.value }) });
      const page = new DOMParser().parseFromString(await res.text(), "text/html");
      const answer = page.querySelector("#log > .bot");
      if (!answer) throw new Error("somebody else answered"); // a proxy, for the service
      wait.replaceWith(answer);
      if (res.ok) prev.value = page.getElementById("prev").value;
      answer.scrollIntoView({ block: "nearest" });
      if (answer.offsetHeight > log.parentElement.clientHeight) answer.scrollIntoView({ block: "start" });
    } catch {
      wait.remove();
      bubble("bot fault", "连不上服务，请检查网络后再试").setAttribute("role", "alert");
      input.value = q;
    } finally {
      busy = false;
      input.focus();
    }
  };

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (busy) return;
    const q = input.value;
    input.value = "";
    ask(q);
  });
  if (examples) {
    examples.addEventListener("submit", (e) => {
      e.preventDefault();
      if (e.submitter) ask(e.submitter.value);
    });
  }
})();
