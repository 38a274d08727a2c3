/* The desk of whoever signed in: command palette, finding an act, provisions read where they are cited. Every page works without it. */
(function () {
  "use strict";
  /* Palette: every entry, every act of this page, and what the search of the office finds. */
  var dialog = document.getElementById("palette");
  var input = document.getElementById("palette-input"), list = document.getElementById("palette-list");
  var found = [], chosen = 0, fetched = [], turn = 0, timer = 0;
  var OWN = "main .todo .do, main a.act, main .blocked > summary, main a.button, .jump a, .side nav a, .side .foot a, main .list a, main tbody th a, main h3 a";
  function words(one) { return one.textContent.replace(/\s+/g, " ").trim(); }
  function gather() {
    var seen = {};
    return Array.from(document.querySelectorAll(OWN)).map(function (one) {
      var group = one.closest(".group");
      return { text: words(one), also: one.dataset.also || "", aside: group ? words(group.querySelector("summary b")) : "", link: one };
    }).filter(function (one) {
      var key = one.text + "|" + (one.link.href || "");
      if (!one.text || seen[key]) return false;
      return (seen[key] = true);
    });
  }
  function holds(text, wanted) {
    return wanted.every(function (word) { return text.indexOf(word) >= 0; });
  }
  /* What is called so, what begins so, what holds it, then what stands in a group that is called so. */
  function rank(text, typed) {
    var at = text.toLowerCase().indexOf(typed);
    return text.toLowerCase() === typed ? 0 : at === 0 ? 1 : at > 0 ? 2 : 3;
  }
  function show() {
    var wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    var own = gather().filter(function (one) { return holds((one.text + " " + one.also + " " + one.aside).toLowerCase(), wanted); });
    var typed = wanted.join(" ");
    own.sort(function (a, b) { return rank(a.text, typed) - rank(b.text, typed); });
    found = own.slice(0, fetched.length ? 8 : 12).concat(fetched).slice(0, 16);
    chosen = Math.max(0, Math.min(chosen, found.length - 1));
    list.textContent = "";
    found.forEach(function (one, at) {
      var item = document.createElement("li");
      item.setAttribute("role", "option");
      item.id = "palette-" + at;
      item.setAttribute("aria-selected", String(at === chosen));
      item.textContent = one.text;
      if (one.aside) {
        var aside = document.createElement("span");
        aside.className = "meta";
        aside.textContent = one.aside;
        item.appendChild(aside);
      }
      item.addEventListener("click", function () { open(one); });
      list.appendChild(item);
      if (at === chosen && item.scrollIntoView) item.scrollIntoView({ block: "nearest" });
    });
    if (!found.length && wanted.length) {
      var none = document.createElement("li");
      none.className = "meta"; none.setAttribute("role", "option"); none.setAttribute("aria-disabled", "true"); none.setAttribute("aria-selected", "false");
      none.textContent = list.dataset.none;
      list.appendChild(none);
    }
    if (found.length) input.setAttribute("aria-activedescendant", "palette-" + chosen);
    else input.removeAttribute("aria-activedescendant");
  }
  /* The search page is asked, so the palette finds what it finds and nobody sees more than there. */
  function ask() {
    var mine = ++turn, wanted = input.value.trim();
    if (wanted.length < 2 || !document.getElementById("seek")) { fetched = []; return; }
    fetch("/search?q=" + encodeURIComponent(wanted), { credentials: "same-origin" }).then(function (answer) {
      return answer.ok ? answer.text() : "";
    }).then(function (text) {
      if (mine !== turn || !dialog.open) return;
      fetched = Array.from(new DOMParser().parseFromString(text, "text/html").querySelectorAll("#results [data-hit]")).slice(0, 8).map(function (one) {
        return { text: words(one), also: one.dataset.also || "", aside: one.dataset.hit, href: one.getAttribute("href") };
      });
      show();
    }).catch(function () { fetched = []; });
  }
  function open(one) {
    dialog.close();
    if (one.href) { location.href = one.href; return; }
    if (one.link.tagName === "SUMMARY") {
      for (var up = one.link.parentNode; up; up = up.parentNode) if (up.tagName === "DETAILS") up.open = true;
      one.link.focus();
      return;
    }
    one.link.click();
  }
  function summon() {
    input.value = ""; chosen = 0; fetched = []; show();
    if (!dialog.open) dialog.showModal();
  }
  if (dialog && dialog.showModal) {
    input.addEventListener("input", function () { chosen = 0; show(); clearTimeout(timer); timer = setTimeout(ask, 140); });
    input.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        chosen += event.key === "ArrowDown" ? 1 : -1; show(); event.preventDefault();
      } else if (event.key === "Enter" && found[chosen]) { event.preventDefault(); open(found[chosen]); }
    });
    document.addEventListener("keydown", function (event) {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); summon(); }
    });
  }

  /* Finding an act among many: groups with a match open, the others go; Enter takes the first. */
  document.querySelectorAll("input[data-find]").forEach(function (field) {
    var place = document.getElementById(field.dataset.find), said = field.parentNode.querySelector("[data-none]");
    field.parentNode.hidden = false;
    function match() {
      var wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean), any = false;
      place.querySelectorAll(".group").forEach(function (group) {
        var heading = words(group.querySelector("summary")).toLowerCase(), shown = 0;
        Array.from(group.querySelector("ul").children).forEach(function (item) {
          var own = item.querySelector("a.act, summary");
          item.hidden = !holds((words(own) + " " + (own.dataset.also || "")).toLowerCase() + " " + heading, wanted);
          if (!item.hidden) shown += 1;
        });
        group.hidden = !shown;
        group.open = wanted.length > 0 && shown > 0;
        any = any || shown > 0;
      });
      said.textContent = any ? "" : said.dataset.none;
    }
    field.addEventListener("input", match);
    field.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && field.value) { field.value = ""; match(); }
      if (event.key !== "Enter" || !field.value) return;
      var first = Array.from(place.querySelectorAll("a.act")).find(function (one) { return one.offsetParent; });
      if (first) { event.preventDefault(); first.click(); }
    });
  });

  /* Provisions: what an article says, beside where it is cited; Escape puts it away. The link leads to the whole of it. */
  var tip = document.getElementById("tip"), known = {}, waiting = 0, shownFor = null;
  function hide() {
    clearTimeout(waiting);
    if (shownFor) shownFor.removeAttribute("aria-describedby");
    tip.hidden = true; shownFor = null;
  }
  function place(link, text) {
    tip.textContent = text;
    tip.style.left = tip.style.top = "0"; // as wide as it likes, before it is measured
    tip.hidden = false;
    shownFor = link;
    link.setAttribute("aria-describedby", "tip");
    var at = link.getClientRects()[0] || link.getBoundingClientRect(), wide = document.documentElement.clientWidth;
    tip.style.left = Math.max(8, Math.min(at.left, wide - tip.offsetWidth - 8)) + window.pageXOffset + "px";
    var below = at.bottom + tip.offsetHeight + 12 < window.innerHeight;
    tip.style.top = (below ? at.bottom + 4 : at.top - tip.offsetHeight - 4) + window.pageYOffset + "px";
  }
  function read(link) {
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      var url = link.getAttribute("href");
      known[url] = known[url] || fetch(url + "?lang=" + document.documentElement.lang.slice(0, 2), { credentials: "same-origin" }).then(function (answer) { return answer.text(); }).then(function (text) {
        var rule = new DOMParser().parseFromString(text, "text/html").querySelector("[data-rule]");
        return rule ? words(rule) : "";
      }).catch(function () { return ""; });
      known[url].then(function (text) {
        if (text && (link.matches(":hover") || document.activeElement === link)) place(link, text);
      });
    }, 220);
  }
  function cited(event) { return event.target.closest && event.target.closest('a[href^="/law/rules/"]'); }
  document.addEventListener("mouseover", function (event) {
    var link = cited(event);
    if (link) { if (link !== shownFor) read(link); }
    else if (!tip.contains(event.target)) { clearTimeout(waiting); if (shownFor && document.activeElement !== shownFor) hide(); }
  });
  document.addEventListener("focusin", function (event) {
    var link = cited(event);
    if (link && link.matches(":focus")) read(link);
    else hide();
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") hide(); });
  window.addEventListener("resize", hide); // it stood where the citation was
})();
