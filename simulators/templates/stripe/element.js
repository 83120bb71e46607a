// The card form inside its frame: talks to the page that embeds it by messages, and to the API by itself.
const setup = JSON.parse(decodeURIComponent(location.hash.slice(1) || "%7B%7D"));
const api = document.body.dataset.api;
const find = (id) => document.getElementById(id);
const send = (message) => parent.postMessage(message, setup.parent);
const intent = (setup.clientSecret ?? "").split("_secret_")[0];

const MESSAGES = {
  incorrect_number: "Số thẻ chưa đúng.",
  invalid_expiry_month: "Tháng hết hạn chưa đúng.",
  invalid_expiry_year: "Năm hết hạn chưa đúng.",
  invalid_cvc: "Mã bảo mật chưa đúng.",
  card_declined: "Ngân hàng từ chối thẻ này.",
  insufficient_funds: "Thẻ không đủ tiền.",
  expired_card: "Thẻ đã hết hạn.",
  incorrect_cvc: "Mã bảo mật chưa đúng.",
  processing_error: "Ngân hàng đang bận. Hãy thử lại sau ít phút.",
  payment_intent_authentication_failure: "Bạn đã từ chối, hoặc ngân hàng không xác thực được.",
};
const worded = (error) => ({
  ...error,
  message: MESSAGES[error.decline_code] ?? MESSAGES[error.code] ?? error.message ?? "Không trả được. Hãy thử lại.",
});

find("number").addEventListener("input", ({ target }) => {
  target.value = target.value.replace(/\D/g, "").slice(0, 19).replace(/(\d{4})(?=\d)/g, "$1 ");
});
find("expiry").addEventListener("input", ({ target }) => {
  const digits = target.value.replace(/\D/g, "").slice(0, 4);
  target.value = digits.length > 2 ? `${digits.slice(0, 2)} / ${digits.slice(2)}` : digits;
});
find("card").addEventListener("submit", (event) => event.preventDefault());
find("card").addEventListener("input", () => {
  const values = ["number", "expiry", "cvc"].map((id) => find(id).value);
  send({ kind: "change", complete: values.every(Boolean), empty: !values.some(Boolean) });
});

// Stripe's own form complains about empty fields before it asks anybody.
const EMPTY = { number: "Hãy nhập số thẻ.", expiry: "Hãy nhập ngày hết hạn ghi trên thẻ.", cvc: "Hãy nhập mã bảo mật." };
function checkFilled() {
  const missing = Object.keys(EMPTY).find((id) => !find(id).value.trim());
  if (missing) find(missing).focus();
  return missing && { type: "validation_error", code: `incomplete_${missing}`, message: EMPTY[missing] };
}

async function confirm(returnUrl) {
  const empty = checkFilled();
  if (empty) return { error: empty };
  const [month, year] = find("expiry").value.split("/").map((part) => part.trim());
  const body = new URLSearchParams({
    client_secret: setup.clientSecret, return_url: returnUrl, use_stripe_sdk: "true", "payment_method_data[type]": "card",
    "payment_method_data[card][number]": find("number").value.replace(/\s/g, ""),
    "payment_method_data[card][exp_month]": month ?? "", "payment_method_data[card][exp_year]": year ?? "",
    "payment_method_data[card][cvc]": find("cvc").value,
  });
  const answer = await fetch(`${api}/v1/payment_intents/${intent}/confirm`, {
    method: "POST", body, headers: { Authorization: `Bearer ${setup.key}` },
  });
  const row = await answer.json();
  if (!answer.ok) return { error: worded(row.error) };
  return row.status === "requires_action" ? authenticate() : { paymentIntent: row };
}

function authenticate() {
  find("card").hidden = true;
  find("secure").hidden = false;
  return new Promise((resolve) => {
    const end = async (agree) => {
      const answer = await fetch(`${api}/v3/authenticate`, {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ intent, secret: setup.clientSecret, agree }),
      });
      const row = await answer.json();
      find("card").hidden = false;
      find("secure").hidden = true;
      if (!answer.ok) return resolve({ error: worded(row.error ?? {}) });
      resolve(row.status === "succeeded" ? { paymentIntent: row } : { error: worded(row.last_payment_error ?? {}) });
    };
    find("agree").onclick = () => end(true);
    find("refuse").onclick = () => end(false);
  });
}

window.addEventListener("message", async ({ origin, source, data }) => {
  if (origin !== setup.parent || source !== parent || data?.kind !== "confirm") return;
  let result;
  try { result = await confirm(data.returnUrl); } catch { result = { error: worded({ type: "api_connection_error", message: "Mất mạng. Hãy thử lại." }) }; }
  send({ kind: "result", id: data.id, result });
});
send({ kind: "ready" });
send({ kind: "height", height: Math.max(300, document.documentElement.scrollHeight) });
