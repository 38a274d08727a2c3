/* Makes pages quicker to use; every page works without it. Plain ES2017, no evaluation of strings, no inline styles. */
(function () {
  "use strict";

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
      var compact = table.classList.contains("compact");
      if (table.getAttribute("role") || table.classList.contains("bars") || (!compact && (table.scrollWidth <= table.parentNode.clientWidth + 1 || (!table.classList.contains("grouped") && table.querySelector("tbody [colspan], tbody [rowspan]"))))) return;
      if (!compact) table.dataset.stacked = "1";
      table.setAttribute("role", "table");
      table.querySelectorAll("thead, tbody").forEach(function (part) { part.setAttribute("role", "rowgroup"); });
      table.querySelectorAll("tr").forEach(function (row) { row.setAttribute("role", "row"); });
      heads.forEach(function (head) { head.setAttribute("role", "columnheader"); });
      table.querySelectorAll("tbody tr").forEach(function (row) {
        Array.from(row.children).forEach(function (cell, at) {
          cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
          if (heads[at] && cell.colSpan < 2) cell.dataset.label = heads[at].textContent.trim().replace(/^[a-z]/, function (one) { return one.toUpperCase(); });
        });
      });
    });
  }
  stack();
  if (narrow.addEventListener) narrow.addEventListener("change", stack);
  else narrow.addListener(stack);

  /* Acts: the first thing still to be said has the focus; Ctrl+Enter sends. */
  var first = document.querySelector("form[data-first]"), amiss = document.querySelector("main form .wrong");
  if (first && !document.querySelector(".problem")) {
    var wanting = Array.from(first.elements).find(function (one) {
      return /^(INPUT|SELECT|TEXTAREA)$/.test(one.tagName) && one.type !== "hidden" && one.type !== "checkbox" && !one.value && !one.closest("details:not([open])");
    }) || first.querySelector("button");
    wanting.focus();
  }
  /* A form that came back: the first field that is wrong has it. */
  if (amiss && (amiss = amiss.parentNode.querySelector("input, select, textarea"))) amiss.focus();
  /* The next step: it has the focus after an act, and n takes it. */
  var next = document.querySelector(".next button");
  if (next && next.hasAttribute("autofocus")) next.focus();
  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
      var send = event.target.form.querySelector("button:not([type=button])");
      if (send) { event.preventDefault(); send.click(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "n" && next) next.click();
    else if (event.key === "/") {
      var search = Array.from(document.querySelectorAll('main input[type="search"], #seek')).find(function (one) { return one.offsetParent; });
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
  });
  /* Files that everybody may send: how large they are, before anything is sent; what is larger than is taken stays here. */
  document.querySelectorAll("input[data-most]").forEach(function (input) {
    var told = document.getElementById(input.dataset.chosen);
    function tell() {
      var file = input.files[0], over = Boolean(file) && file.size > Number(input.dataset.most);
      var size = file ? file.size < 1e6 ? Math.ceil(file.size / 1024) + " KB" : (file.size / 1048576).toFixed(1) + " MB" : "";
      told.hidden = !file;
      told.querySelector("span").textContent = file ? (over ? input.dataset.over : input.dataset.told).replace("{chosen}", size).replace("{size}", size) : "";
      told.querySelector("a").hidden = !over;
      input.setCustomValidity(over ? told.querySelector("span").textContent : "");
    }
    input.addEventListener("change", tell);
    tell();
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
      words.textContent = (job.dataset[p.stage] || job.dataset.scan) + " " + p.done + " / " + p.total +
        (p.speed ? " · " + (p.speed / 1e6).toFixed(1) + " MB/s" : "") + (p.left === null ? "" : " · " + job.dataset.left + " " + Math.floor(Math.round(p.left) / 60) + ":" + ("0" + Math.round(p.left) % 60).slice(-2));
    };
  }
})();
