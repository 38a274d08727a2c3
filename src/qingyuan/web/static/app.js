/* Makes pages quicker to use; every page works without it. Plain ES2017, no evaluation of strings, no inline styles. */
(function () {
  "use strict";
  var token = document.querySelector('meta[name="qy-token"]').content;

  /* Lists: search as you type; the address keeps the filters. */
  document.querySelectorAll("form[data-live]").forEach(function (form) {
    var timer = 0, turn = 0;
    function load() {
      var mine = ++turn, url = new URL(form.action || location.href);
      url.search = new URLSearchParams(new FormData(form)).toString();
      fetch(url, { credentials: "same-origin" }).then(function (answer) { return answer.text(); }).then(function (text) {
        if (mine !== turn) return;
        var fresh = new DOMParser().parseFromString(text, "text/html").querySelector(form.dataset.live);
        var old = document.querySelector(form.dataset.live);
        if (fresh && old) { old.replaceWith(fresh); stack(); history.replaceState(null, "", url); }
      });
    }
    form.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(load, 180); });
    form.addEventListener("submit", function (event) { event.preventDefault(); load(); });
  });

  /* Tables: j and k move, Enter opens. */
  function rows() { return Array.from(document.querySelectorAll("table[data-keys] tbody tr")); }
  function step(by) {
    var all = rows();
    if (!all.length) return;
    var at = all.findIndex(function (row) { return row.getAttribute("data-at") === "1"; });
    if (at >= 0) all[at].removeAttribute("data-at");
    at = Math.max(0, Math.min(all.length - 1, at + by));
    all[at].setAttribute("data-at", "1");
    var link = all[at].querySelector("a");
    if (link) link.focus();
  }

  /* Narrow screens: a row becomes a card whose lines carry the heads of their columns; the roles keep it a table for readers. */
  var narrow = window.matchMedia("(max-width: 640px)");
  function stack() {
    if (!narrow.matches) return;
    document.querySelectorAll("main table").forEach(function (table) {
      var heads = Array.from(table.querySelectorAll("thead th"));
      if (table.dataset.stacked || table.scrollWidth <= table.parentNode.clientWidth + 1 || table.querySelector("tbody [colspan], tbody [rowspan]")) return;
      table.dataset.stacked = "1";
      table.setAttribute("role", "table");
      table.querySelectorAll("thead, tbody").forEach(function (part) { part.setAttribute("role", "rowgroup"); });
      table.querySelectorAll("tr").forEach(function (row) { row.setAttribute("role", "row"); });
      heads.forEach(function (head) { head.setAttribute("role", "columnheader"); });
      table.querySelectorAll("tbody tr").forEach(function (row) {
        Array.from(row.children).forEach(function (cell, at) {
          cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
          if (heads[at]) cell.dataset.label = heads[at].textContent.trim();
        });
      });
    });
  }
  stack();
  if (narrow.addEventListener) narrow.addEventListener("change", stack);
  else narrow.addListener(stack);

  /* Palette: every entry and every act of this page. */
  var dialog = document.getElementById("palette");
  var input = document.getElementById("palette-input"), list = document.getElementById("palette-list");
  var found = [], chosen = 0;
  function gather() {
    return Array.from(document.querySelectorAll(".side nav a, main a.button, .jump a, main .list a, main tbody th a, main h3 a")).map(function (one) {
      return { text: one.textContent.trim(), link: one };
    }).filter(function (one) { return one.text; });
  }
  function show() {
    var words = input.value.toLowerCase().split(/\s+/);
    found = gather().filter(function (one) {
      return words.every(function (word) { return one.text.toLowerCase().indexOf(word) >= 0; });
    }).slice(0, 12);
    chosen = Math.max(0, Math.min(chosen, found.length - 1));
    list.textContent = "";
    found.forEach(function (one, at) {
      var item = document.createElement("li");
      item.setAttribute("role", "option");
      item.id = "palette-" + at;
      item.setAttribute("aria-selected", String(at === chosen));
      item.textContent = one.text;
      item.addEventListener("click", function () { open(one); });
      list.appendChild(item);
    });
    if (found.length) input.setAttribute("aria-activedescendant", "palette-" + chosen);
    else input.removeAttribute("aria-activedescendant");
  }
  function open(one) { dialog.close(); one.link.click(); }
  if (dialog && dialog.showModal) {
    input.addEventListener("input", function () { chosen = 0; show(); });
    input.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        chosen += event.key === "ArrowDown" ? 1 : -1; show(); event.preventDefault();
      } else if (event.key === "Enter" && found[chosen]) { event.preventDefault(); open(found[chosen]); }
    });
  }
  /* Acts: the first thing still to be said has the focus; Ctrl+Enter sends. */
  var first = document.querySelector("form[data-first]");
  if (first && !document.querySelector(".problem")) {
    var wanting = Array.from(first.elements).find(function (one) {
      return /^(INPUT|SELECT|TEXTAREA)$/.test(one.tagName) && one.type !== "hidden" && one.type !== "checkbox" && !one.value;
    }) || first.querySelector("button");
    wanting.focus();
  }
  /* The next step: it has the focus after an act, and n takes it. */
  var next = document.querySelector(".next button");
  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
      var send = event.target.form.querySelector("button:not([type=button])");
      if (send) { event.preventDefault(); send.click(); }
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && dialog && dialog.showModal) {
      event.preventDefault(); input.value = ""; chosen = 0; show();
      if (!dialog.open) dialog.showModal();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "n" && next) next.click();
    else if (event.key === "/") {
      var search = document.querySelector('input[type="search"]');
      if (search) { event.preventDefault(); search.focus(); }
    }
  });
  /* Jobs: progress as it goes. */
  var job = document.querySelector("[data-job]");
  if (job && window.EventSource) {
    var source = new EventSource(job.dataset.job);
    source.onmessage = function (event) {
      var told = JSON.parse(event.data), p = told.progress;
      if (/^(done|failed|cancelled)$/.test(told.state)) { source.close(); location.reload(); return; }
      if (!("stage" in p)) return;
      var bar = job.querySelector("progress"), words = job.querySelector("[data-words]");
      bar.max = p.bytes_total || 1;
      bar.value = p.bytes_done;
      words.textContent = (p.stage === "seal" ? job.dataset.seal : job.dataset.scan) + " " + p.done + " / " + p.total +
        (p.speed ? " · " + (p.speed / 1e6).toFixed(1) + " MB/s" : "") + (p.left === null ? "" : " · " + job.dataset.left + " " + Math.round(p.left) + " s");
    };
  }

  /* Uploads: by chunks, gone on with after whatever broke. */
  var form = document.querySelector("form[data-upload]");
  function send(method, url, body) {
    return fetch(url, { method: method, body: body, credentials: "same-origin", headers: { "X-QY-Token": token } });
  }
  function fields(values) {
    var data = new FormData();
    data.append("_token", token);
    Object.keys(values).forEach(function (name) { data.append(name, values[name]); });
    return data;
  }
  function pause(ms) { return new Promise(function (done) { setTimeout(done, ms); }); }
  async function sendFile(batch, path, file, tell) {
    var answer = await send("POST", "/intake/files", fields({ batch: batch, path: path, size: file.size }));
    if (!answer.ok) throw new Error(path);
    var made = await answer.json(), offset = made.offset, failed = 0, chunk = Number(form.dataset.chunk);
    while (offset < file.size) {
      var status = 0;
      try {
        answer = await send("PUT", "/uploads/" + made.id + "?offset=" + offset, file.slice(offset, offset + chunk));
        status = answer.status;
        if (answer.ok) { offset = (await answer.json()).offset; failed = 0; tell(offset, false); continue; }
      } catch (error) { status = 0; }
      if (++failed > 60) throw new Error(path);
      tell(offset, true);
      await pause(Math.min(500 * failed, 5000));
      try {
        answer = await send("GET", "/uploads/" + made.id);
        if (answer.ok) offset = (await answer.json()).offset;
      } catch (error) { status = 0; }
    }
  }
  function walk(entry, base, into) {
    return new Promise(function (done) {
      if (entry.isFile) {
        entry.file(function (file) { into.push({ path: base + file.name, file: file }); done(); }, done);
        return;
      }
      var reader = entry.createReader(), all = [];
      (function more() {
        reader.readEntries(function (found) {
          if (found.length) { all = all.concat(Array.from(found)); more(); return; }
          Promise.all(all.map(function (one) { return walk(one, base + entry.name + "/", into); })).then(done);
        }, done);
      })();
    });
  }
  if (form) {
    var picked = [], status = form.querySelector("[data-status]"), zone = form.querySelector("[data-drop]");
    var files = form.querySelector("#files"), folder = form.querySelector("#folder");
    folder.webkitdirectory = true;
    form.querySelector("[data-folder-field]").hidden = false;
    var list = function () {
      status.textContent = picked.slice(0, 8).map(function (one) { return one.path; }).join(", ") + (picked.length > 8 ? " … " + picked.length : "");
    };
    [files, folder].forEach(function (input) {
      input.addEventListener("change", function () {
        Array.from(input.files).forEach(function (file) { picked.push({ path: file.webkitRelativePath || file.name, file: file }); });
        input.value = "";
        list();
      });
    });
    zone.addEventListener("dragover", function (event) { event.preventDefault(); zone.classList.add("over"); });
    zone.addEventListener("dragleave", function () { zone.classList.remove("over"); });
    zone.addEventListener("drop", function (event) {
      event.preventDefault();
      zone.classList.remove("over");
      var entries = Array.from(event.dataTransfer.items).map(function (one) { return one.webkitGetAsEntry(); }).filter(Boolean);
      Promise.all(entries.map(function (one) { return walk(one, "", picked); })).then(list);
    });
    form.addEventListener("submit", async function (event) {
      if (!picked.length) return;
      event.preventDefault();
      var button = form.querySelector("button");
      button.disabled = true;
      var bar = document.createElement("progress"), words = document.createElement("p");
      bar.setAttribute("aria-label", status.dataset.sending);
      bar.max = picked.reduce(function (sum, one) { return sum + one.file.size; }, 0) || 1;
      status.textContent = "";
      status.appendChild(words);
      status.appendChild(bar);
      try {
        var batch = (await (await send("POST", "/intake/batches", fields({}))).json()).batch, before = 0;
        for (var at = 0; at < picked.length; at++) {
          var one = picked[at];
          await sendFile(batch, one.path, one.file, function (offset, broken) {
            bar.value = before + offset;
            words.textContent = (broken ? status.dataset.again : status.dataset.sending) + " " + one.path;
          });
          before += one.file.size;
        }
        words.textContent = status.dataset.begun;
        var hidden = document.createElement("input");
        hidden.type = "hidden"; hidden.name = "batch"; hidden.value = batch;
        form.appendChild(hidden);
        files.disabled = true;
        form.submit();
      } catch (error) { status.textContent = status.dataset.again + " " + error.message; button.disabled = false; }
    });
  }
})();
