// Asks without reloading the page. Everything works without this file too: the
// forms post and the server renders the same page with the answer in it.
"use strict";
(() => {
  const form = document.getElementById("ask");
  const input = document.getElementById("q");
  const prev = document.getElementById("prev");
  const log = document.getElementById("log");
  const examples = document.getElementById("examples");
  let busy = false;

  // el makes an element; text is always set as text, never as HTML.
  const el = (tag, cls, text) => {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    if (text !== undefined) e.textContent = text;
    return e;
  };

  const bubble = (cls, text) => {
    const b = el("div", cls);
    for (const line of text.split("\n")) b.append(el("p", "", line));
    log.append(b);
    b.scrollIntoView({ block: "nearest" });
    return b;
  };

  const source = (r) => {
    const li = el("li", r.related ? "related" : "");
    li.append(el("b", "", r.unit || r.title || r.section || ""));
    if (r.role) li.append("（" + r.role + "）");
    if (r.related) li.append(el("i", "", "相近"));
    if (r.lead && r.lead.length) li.append(el("p", "", "牵头或负责：" + r.lead.join("、")));
    if (r.support && r.support.length) li.append(el("p", "", "配合：" + r.support.join("、")));
    if (r.deadline) li.append(el("p", "", "时限：" + r.deadline));
    li.append(el("blockquote", "", r.text || r.value || ""));
    li.append(el("cite", "", r.cite || r.plan));
    return li;
  };

  const show = (a) => {
    const b = bubble("bot", a.reply);
    if (a.results.length) {
      const d = el("details");
      d.append(el("summary", "", "出处原文（" + a.results.length + " 条）"));
      const ol = el("ol");
      for (const r of a.results) ol.append(source(r));
      d.append(ol);
      b.append(d);
    }
    b.scrollIntoView({ block: "nearest" });
  };

  const ask = async (q) => {
    if (busy || !q.trim()) return;
    busy = true;
    bubble("me", q);
    const wait = bubble("bot wait", "正在查…");
    try {
      const res = await fetch("/api/ask", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ q, prev: prev.value }),
      });
      const body = await res.json();
      wait.remove();
      if (res.ok) {
        show(body);
        // 更多 and the number of a choice lean on the question before them.
        if (!/^\s*(更多|\d{1,2})\s*$/.test(q)) prev.value = q;
      } else {
        bubble("bot fault", body.error).setAttribute("role", "alert");
      }
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
    const q = input.value;
    if (busy) return;
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
