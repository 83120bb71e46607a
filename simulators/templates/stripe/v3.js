// Stands in for Stripe.js: the same calls, with a card form in a frame of the simulator's own origin.
(() => {
  const base = new URL(document.currentScript.src);
  const root = base.href.replace(/\/v3\/.*$/, "");
  const origin = base.origin;
  let number = 0;

  function makeElement(key, clientSecret) {
    const frame = document.createElement("iframe");
    const listeners = {};
    const waiting = new Map();
    const tell = (name, event) => (listeners[name] ?? []).forEach((listener) => listener(event));
    frame.title = "Ô nhập thẻ an toàn";
    frame.frameBorder = "0";
    frame.width = "100%";
    frame.height = "340";
    frame.setAttribute("allow", "payment *");
    frame.src = `${root}/v3/element#${encodeURIComponent(JSON.stringify({ key, clientSecret, parent: location.origin }))}`;
    window.addEventListener("message", ({ origin: from, source, data }) => {
      if (from !== origin || source !== frame.contentWindow || !data || typeof data !== "object") return;
      if (data.kind === "ready") tell("ready", { elementType: "payment" });
      else if (data.kind === "change") tell("change", { elementType: "payment", complete: data.complete, empty: data.empty });
      else if (data.kind === "height") frame.height = String(data.height);
      else if (data.kind === "result") { waiting.get(data.id)?.(data.result); waiting.delete(data.id); }
    });
    return {
      frame,
      mount(target) { (typeof target === "string" ? document.querySelector(target) : target).append(frame); },
      unmount() { frame.remove(); },
      destroy() { frame.remove(); },
      on(name, listener) { (listeners[name] ??= []).push(listener); return this; },
      off(name) { delete listeners[name]; return this; },
      update() {},
      ask(message) {
        return new Promise((resolve) => {
          const id = ++number;
          waiting.set(id, resolve);
          frame.contentWindow.postMessage({ ...message, id }, origin);
        });
      },
    };
  }

  window.Stripe = (key) => ({
    elements({ clientSecret } = {}) {
      let element = null;
      return {
        clientSecret,
        create(type) {
          if (type !== "payment") throw new Error("This simulator knows the payment element only.");
          return (element = makeElement(key, clientSecret));
        },
        getElement: () => element,
        submit: async () => ({}),
        update() {},
        fetchUpdates: async () => ({}),
      };
    },
    async confirmPayment({ elements, confirmParams = {}, redirect = "always" }) {
      const element = elements.getElement();
      if (!element) throw new Error("Mount the payment element first.");
      const result = await element.ask({ kind: "confirm", returnUrl: confirmParams.return_url });
      if (result.paymentIntent && redirect === "always") {
        const target = new URL(confirmParams.return_url);
        target.searchParams.set("payment_intent", result.paymentIntent.id);
        target.searchParams.set("payment_intent_client_secret", elements.clientSecret);
        target.searchParams.set("redirect_status", "succeeded");
        location.assign(target);
        return new Promise(() => {});
      }
      return result;
    },
    async retrievePaymentIntent(clientSecret) {
      const id = clientSecret.split("_secret_")[0];
      const answer = await fetch(`${root}/v1/payment_intents/${id}?client_secret=${encodeURIComponent(clientSecret)}`, {
        headers: { Authorization: `Bearer ${key}` },
      });
      const body = await answer.json();
      return answer.ok ? { paymentIntent: body } : { error: body.error };
    },
  });
})();
