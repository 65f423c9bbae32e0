// Completes forms that carry a passkey ceremony. Without this script they say so, and the rest works.
"use strict";
(() => {
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const text = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const withIds = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const request = (options, isEnrolment) => {
    const out = { ...options, challenge: bytes(options.challenge) };
    if (isEnrolment) {
      out.user = { ...options.user, id: bytes(options.user.id) };
      out.excludeCredentials = withIds(options.excludeCredentials);
    } else {
      out.allowCredentials = withIds(options.allowCredentials);
    }
    return { publicKey: out };
  };
  const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const answer = (credential) => {
    const response = {};
    for (const name of PARTS) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  };
  const complete = async (event) => {
    const form = event.currentTarget;
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    const status = form.querySelector("[role=status]");
    status.textContent = "";
    try {
      const isEnrolment = form.dataset.passkey === "create";
      const wish = request(JSON.parse(form.dataset.options), isEnrolment);
      const given = await (isEnrolment ? navigator.credentials.create(wish) : navigator.credentials.get(wish));
      form.elements.credential.value = answer(given);
      form.submit();
    } catch {
      status.textContent = form.dataset.failed;
    } finally {
      form.removeAttribute("aria-busy");
    }
  };
  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", complete);
    form.querySelector("[data-without-script]").hidden = true;
  }
})();
