// The card page: Stripe's own script draws the form; card numbers never touch our pages.
const form = document.getElementById("the");
const button = form.querySelector("[type=submit]"), label = button.querySelector("span"), rest = label.textContent;
const complaint = document.getElementById("loi-the");
const complain = (text) => { complaint.textContent = text; complaint.hidden = !text; };

if (!window.Stripe) complain(form.dataset.missing);
else {
  const stripe = window.Stripe(form.dataset.key);
  const elements = stripe.elements({ clientSecret: form.dataset.secret, locale: "vi" });
  const element = elements.create("payment");
  document.getElementById("o-nhap-the").replaceChildren();
  element.mount("#o-nhap-the");
  element.on("ready", () => { button.disabled = false; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    complain("");
    button.disabled = true;
    label.textContent = form.dataset.busy;
    const { error } = await stripe.confirmPayment({
      elements, confirmParams: { return_url: form.dataset.return }, redirect: "if_required",
    });
    if (!error) return location.assign(form.dataset.return);
    complain(error.message);
    label.textContent = rest;
    button.disabled = false;
  });
}
