/* Passkeys: between the forms of the page and navigator.credentials. Plain ES2017. */
(function () {
  "use strict";
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  function bytes(text) {
    var raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(raw, function (one) { return one.charCodeAt(0); });
  }
  function text(buffer) {
    var raw = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function prepared(options) {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    ["excludeCredentials", "allowCredentials"].forEach(function (name) {
      (options[name] || []).forEach(function (one) { one.id = bytes(one.id); });
    });
    return options;
  }
  function written(made) {
    var given = made.response, response = { clientDataJSON: text(given.clientDataJSON) };
    ["attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (given[name]) response[name] = text(given[name]);
    });
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response: response, clientExtensionResults: {} });
  }
  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    form.hidden = false;
    form.querySelector("button").hidden = false;
    form.addEventListener("submit", async function (event) {
      event.preventDefault();
      var said = form.querySelector("[data-said]");
      said.textContent = "";
      try {
        var data = new FormData();
        data.append("_token", form.querySelector('input[name="_token"]').value);
        var answer = await fetch(form.dataset.options, { method: "POST", body: data, credentials: "same-origin" });
        if (!answer.ok) throw new Error(String(answer.status));
        var made = await navigator.credentials[form.dataset.passkey]({ publicKey: prepared(await answer.json()) });
        form.querySelector('input[name="credential"]').value = written(made);
        form.submit();
      } catch (error) { said.textContent = form.dataset.failed; }
    });
  });
})();
