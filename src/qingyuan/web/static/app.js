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
        if (fresh && old) { old.replaceWith(fresh); history.replaceState(null, "", url); }
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
  document.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && dialog && dialog.showModal) {
      event.preventDefault(); input.value = ""; chosen = 0; show();
      if (!dialog.open) dialog.showModal();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "/") {
      var search = document.querySelector('input[type="search"]');
      if (search) { event.preventDefault(); search.focus(); }
    }
  });
})();
