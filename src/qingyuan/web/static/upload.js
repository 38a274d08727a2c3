/* Uploads: by chunks, gone on with after whatever broke. Loaded where material is taken in; the plain form works without it. */
(function () {
  "use strict";
  var token = document.querySelector('meta[name="qy-token"]').content;
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
    files.required = false;
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
      event.preventDefault();
      if (!picked.length) { status.textContent = status.dataset.nothing; files.focus(); return; }
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
