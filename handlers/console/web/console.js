// What pages need beyond HTML: files dropped on a field with the progress of their
// way up, a question before what is hard to undo, no form sent twice, copying, printing.
"use strict";

for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    const asked = event.submitter?.dataset.confirm ?? form.dataset.confirm;
    if (asked && !confirm(asked)) {
      event.preventDefault();
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (form.method === "post" && !form.matches("[data-upload], [data-download]")) form.dataset.sent = "1";
  });
}
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());

for (const button of document.querySelectorAll("[data-copy]")) { // by hand where the browser lets no page copy
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    const done = await navigator.clipboard?.writeText(field.value).then(() => true, () => false) ?? document.execCommand("copy");
    button.parentElement.querySelector("[role=status]").textContent = done ? "复制好了" : "请按 Ctrl+C 复制";
  });
}

addEventListener("pageshow", () => { // back from where the form led
  for (const form of document.forms) delete form.dataset.sent;
});

for (const all of document.querySelectorAll("[data-all]")) { // ticks every box of its form
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of all.form.querySelectorAll("tbody input[type=checkbox]")) box.checked = all.checked;
  });
}
for (const field of document.querySelectorAll("input[data-many]")) { // suggests the next of several names
  const names = [...field.list.options].map((option) => option.value);
  for (const kind of ["focus", "input"]) {
    field.addEventListener(kind, () => {
      const before = field.value.slice(0, field.value.lastIndexOf("、") + 1);
      field.list.replaceChildren(...names.filter((name) => !before.includes(name)).map((name) => new Option("", before + name)));
    });
  }
}

for (const form of document.querySelectorAll("form[data-upload]")) {
  const field = form.querySelector("input[type=file]");
  const area = form.querySelector(".drop");
  const bar = form.querySelector("progress");
  const note = form.querySelector("[role=status]");
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    area?.addEventListener(kind, (event) => {
      event.preventDefault();
      area.classList.toggle("over", kind === "dragenter" || kind === "dragover");
    });
  }
  area?.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    field.files = event.dataTransfer.files;
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !window.FormData) return;
    event.preventDefault();
    if (form.dataset.sent) return;
    if (form.dataset.max && [...field.files].some((file) => file.size > form.dataset.max)) {
      note.textContent = `文件超过 ${Math.floor(form.dataset.max / 1048576)} MB，没有上传。请只留方案正文和分工表，去掉图片，或拆成几个文件。`;
      return;
    }
    form.dataset.sent = "1";
    const send = new XMLHttpRequest();
    bar.hidden = false;
    note.textContent = "正在上传……";
    send.upload.addEventListener("progress", (e) => {
      if (!e.lengthComputable) return;
      bar.max = e.total;
      bar.value = e.loaded;
      note.textContent = e.loaded < e.total ? `已传 ${Math.floor(e.loaded * 100 / e.total)}%` : "传完了，正在读……";
    });
    const failed = (words) => {
      delete form.dataset.sent;
      bar.hidden = true;
      note.textContent = words;
    };
    send.addEventListener("error", () => failed("没有传上去：网络断了。请再试一次。"));
    send.addEventListener("load", () => {
      if (send.responseURL && new URL(send.responseURL).pathname !== new URL(form.action).pathname) {
        location.assign(send.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(send.responseText, "text/html");
      failed(page.querySelector(".fault")?.textContent ?? "没有传上去，请再试一次。");
    });
    send.open("POST", form.action);
    send.setRequestHeader("Accept", "text/html");
    send.send(new FormData(form));
  });
}
