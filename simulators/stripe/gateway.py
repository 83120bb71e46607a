"""Stripe's API over HTTP: keys, idempotency, errors, the script for the card page, signed webhooks."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from functools import wraps
from urllib.parse import urlencode

from flask import Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from simulators.clock import Clock
from simulators.control import add_controls, answer, read_truth
from simulators.settings import Settings
from simulators.simulator import Simulator, read_input
from simulators.store import Json
from simulators.stripe import forms
from simulators.stripe.charges import Charges
from simulators.stripe.errors import ApiError, missing
from simulators.stripe.intents import Intents
from simulators.stripe.ledger import API_VERSION, Ledger
from simulators.webhooks import Protocol, WebhookSender, to_wire

#: Stripe tries for three days, ever more slowly.
_RETRY_DELAYS_S = (60.0, 300.0, 900.0, 3600.0, 7200.0)
_FORBIDDEN, _UNAUTHORISED = 403, 401
#: A key is forgotten after a day: the same call would then be carried out once more.
_KEY_LIFETIME_S = 24 * 3600
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Version",
    "Access-Control-Max-Age": "300",
}
_ELEMENT_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'"
)


class StripeSimulator(Simulator):
    """One Stripe account in test mode."""

    name = "stripe"
    title = "Thanh toán thẻ (Stripe)"
    webhooks: WebhookSender

    def __init__(self, clock: Clock, settings: Settings) -> None:
        """Build the account with the keys from the settings."""
        super().__init__(clock)
        self._secret_key = settings.stripe_secret_key
        self._publishable_key = settings.stripe_publishable_key
        self._webhook_secret = settings.stripe_webhook_secret
        self.webhooks = WebhookSender(
            store=self.store, clock=clock, url=settings.stripe_webhook_url,
            protocol=Protocol(self._sign, _RETRY_DELAYS_S), timeout_s=settings.webhook_timeout_s,
            retry_scale=settings.retry_scale,
        )  # fmt: skip
        self.ledger = Ledger(self.store, clock, self.webhooks)
        self.charges = Charges(self.ledger)
        self.intents = Intents(self.ledger, self.charges, "{base}/v3/authenticate?intent={intent}&secret={secret}")
        self._add_routes()
        self.app.after_request(_allow_other_origins)
        sim = add_controls(self, "stripe/control.html")

        @sim.post("/refunds/settle")
        def settle_refunds() -> ResponseReturnValue:
            """End refunds that are pending: card 4000000000007726 succeeds, 4000000000005126 fails."""
            with self.store.lock:
                self.charges.settle_refunds()
            return answer({"refunds": self.store.list_rows("refunds")})

        self.app.register_blueprint(sim)

    def fault_answer(self, kind: str) -> ResponseReturnValue:
        """Word faults as Stripe does."""
        if kind == "429":
            error = {
                "type": "invalid_request_error",
                "code": "rate_limit",
                "message": "Too many requests hit the API too quickly.",
            }
            return {"error": error}, 429
        if kind == "expired_token":
            return {"error": {"type": "invalid_request_error", "message": "Expired API Key provided."}}, _UNAUTHORISED
        return {"error": {"type": "api_error", "message": "An unknown error occurred."}}, 500

    def _sign(self, event: Json, is_forged: bool, now: float) -> tuple[dict[str, str], bytes]:
        body = to_wire(event)
        secret = "whsec_forged" if is_forged else self._webhook_secret
        stamp = str(int(now))
        mark = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json; charset=utf-8", "Stripe-Signature": f"t={stamp},v1={mark}",
            "User-Agent": "Stripe/1.0 (simulator)",
        }, body  # fmt: skip

    def _add_routes(self) -> None:
        post, get = "POST", "GET"
        intents, api = self.intents, self._api
        self.serve(
            "/v1/payment_intents", api(lambda params: intents.create(params, _base())), "create_payment_intent", post
        )
        self.serve("/v1/payment_intents", api(self._list("payment_intent")), "list_payment_intents", get)
        self.serve(
            "/v1/payment_intents/<key>",
            api(lambda _params, key: self.ledger.get("payment_intent", key, "intent"), may_be_page=True),
            "retrieve_payment_intent", get,
        )  # fmt: skip
        self.serve(
            "/v1/payment_intents/<key>",
            api(lambda params, key: intents.update(key, params)),
            "update_payment_intent",
            post,
        )
        self.serve(
            "/v1/payment_intents/<key>/confirm", api(self._confirm, may_be_page=True), "confirm_payment_intent", post
        )
        self.serve(
            "/v1/payment_intents/<key>/capture",
            api(lambda params, key: intents.capture(key, params)),
            "capture_payment_intent",
            post,
        )
        self.serve(
            "/v1/payment_intents/<key>/cancel",
            api(lambda params, key: intents.cancel(key, params)),
            "cancel_payment_intent",
            post,
        )
        self.serve(
            "/v1/payment_methods",
            api(lambda params: intents.create_method(params, may_hold_number=False)),
            "create_payment_method",
            post,
        )
        self.serve("/v1/refunds", api(self.charges.refund), "create_refund", post)
        self.serve("/v1/refunds", api(self._list("refund")), "list_refunds", get)
        self.serve(
            "/v1/refunds/<key>", api(lambda _params, key: self.ledger.get("refund", key)), "retrieve_refund", get
        )
        self.serve(
            "/v1/charges/<key>", api(lambda _params, key: self.ledger.get("charge", key)), "retrieve_charge", get
        )
        self.serve("/v1/events", api(self._list("event")), "list_events", get)
        self.serve("/v1/events/<key>", api(lambda _params, key: self.ledger.get("event", key)), "retrieve_event", get)
        self.serve("/v3/", self._script, "script", get)
        self.serve("/v3/element", self._element, "element", get)
        self.serve("/v3/element.js", self._element_script, "element_script", get)
        self.serve("/v3/authenticate", self._authenticate, "authenticate", post)
        self.serve("/v3/authenticate", self._authentication_page, "authentication_page", get)

    def _api(self, view: Callable[..., Json], *, may_be_page: bool = False) -> Callable[..., ResponseReturnValue]:
        """Check the key, read the form, replay a known idempotency key, and word errors as Stripe does."""

        @wraps(view)
        def called(**path: str) -> ResponseReturnValue:
            try:
                params = forms.parse(
                    [*request.args.items(multi=True)] if request.method == "GET" else request.form.items(multi=True)
                )
                self._check_key(params, path.get("key", ""), may_be_page=may_be_page)
                with self.store.lock:
                    return self._once(lambda: self._answer(view, params, path), params)
            except ApiError as error:
                return error.body, error.status

        return called

    def _answer(self, view: Callable[..., Json], params: Json, path: Json) -> tuple[Json, int]:
        try:
            row = view(params, **path)
            return (row if row.get("object") == "list" else self.ledger.show(row, params)), 200
        except ApiError as error:
            return error.body, error.status

    def _once(self, run: Callable[[], tuple[Json, int]], params: Json) -> ResponseReturnValue:
        """Give the same answer to the same idempotency key; other parameters under it are an error."""
        key = request.headers.get("Idempotency-Key", "")
        if not key or request.method != "POST":
            return run()
        asked = hashlib.sha256(f"{request.path}{json.dumps(params, sort_keys=True)}".encode()).hexdigest()
        known = self.store.find("replays", key)
        if known is not None and self.clock.epoch() - known["at"] < _KEY_LIFETIME_S:
            if known["asked"] != asked:
                raise ApiError(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                    f"Try using a key other than '{key}' if you meant to execute a different request.",
                    type_="idempotency_error",
                )  # fmt: skip
            return json.loads(known["body"]), known["status"], {"Idempotent-Replayed": "true", "Original-Request": key}
        body, status = run()
        if not _is_malformed(body):
            # As text: half a thousand answers would otherwise be the largest thing in memory.
            row = {"asked": asked, "body": json.dumps(body), "status": status, "at": self.clock.epoch()}
            self.store.put("replays", key, row)
        return body, status

    def _check_key(self, params: Json, key: str, *, may_be_page: bool) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if request.authorization is not None and request.authorization.type == "basic":
            given = request.authorization.username or ""
        secret = self._secret_key
        if (given == secret if secret else given.startswith("sk_test_")) and given:
            return
        public_key = self._publishable_key
        is_page = given == public_key if public_key else given.startswith("pk_test_")
        if may_be_page and is_page and given:
            intent = self.store.find("payment_intents", key)
            proof = str(params.get("client_secret") or "")
            if intent is None or not hmac.compare_digest(proof.encode(), intent["client_secret"].encode()):
                raise missing("payment_intent", key, "intent")
            params.pop("client_secret", None)
            return
        if is_page and given:
            raise ApiError(
                "This API call cannot be made with a publishable API key.",
                status=_FORBIDDEN,
                code="secret_key_required",
            )
        raise ApiError("Invalid API Key provided.", status=_UNAUTHORISED)

    def _confirm(self, params: Json, key: str) -> Json:
        is_page = request.headers.get("Authorization", "").startswith("Bearer pk_")
        return self.intents.confirm(key, params, _base(), may_hold_number=is_page)

    def _list(self, kind: str) -> Callable[[Json], Json]:
        def view(params: Json) -> Json:
            filters: Json = {
                name: params.get(name) for name in ("payment_intent", "charge", "customer", "type") if name in params
            }
            return self.ledger.page(kind, params, request.path, filters)

        return view

    # What the shop's card page loads

    def _script(self) -> ResponseReturnValue:
        return _javascript(render_template("stripe/v3.js"))

    def _element_script(self) -> ResponseReturnValue:
        return _javascript(render_template("stripe/element.js"))

    def _element(self) -> ResponseReturnValue:
        page = render_template("stripe/element.html", api_version=API_VERSION)
        return page, 200, {"Content-Security-Policy": _ELEMENT_CSP}

    def _authenticate(self) -> ResponseReturnValue:
        """End 3-D Secure the way the card's holder chose: in the frame, or on a page of its own."""
        data = read_input()
        intent = self._proven(data)
        if intent is None:
            return missing("payment_intent", str(data.get("intent", ""))).body, 404
        next_action = intent["next_action"] or {}
        try:
            with self.store.lock:
                row = self.intents.authenticate(intent["id"], is_successful=read_truth(data.get("agree")))
        except ApiError as error:
            return error.body, error.status
        if request.is_json:
            return self.ledger.show(row, {})
        return_url = str(next_action.get("redirect_to_url", {}).get("return_url") or "")
        if not return_url:
            return render_template("stripe/authenticate.html", intent=row)
        told = urlencode({
            "payment_intent": row["id"], "payment_intent_client_secret": row["client_secret"],
            "redirect_status": "succeeded" if row["status"] == "succeeded" else "failed",
        })  # fmt: skip
        return redirect(f"{return_url}{'&' if '?' in return_url else '?'}{told}", 303)

    def _authentication_page(self) -> ResponseReturnValue:
        """Ask the card's holder, on the page that ``next_action.redirect_to_url`` leads to."""
        intent = self._proven(request.args)
        if intent is None:
            abort(404)
        # The answer leads back to the shop, which a policy for forms would have to name.
        page = render_template("stripe/authenticate.html", intent=intent)
        return page, 200, {"Content-Security-Policy": _ELEMENT_CSP.replace("form-action 'self'", "form-action *")}

    def _proven(self, given: Mapping[str, object]) -> Json | None:
        """Return the PaymentIntent whose client secret is known to the one who asks."""
        intent = self.store.find("payment_intents", str(given.get("intent", "")))
        proof = str(given.get("secret", "")).encode()
        return intent if intent and hmac.compare_digest(proof, intent["client_secret"].encode()) else None


def _is_malformed(body: Json) -> bool:
    """Say whether the parameters were refused before anything began: such answers are not kept for a repetition."""
    return str(body.get("error", {}).get("code", "")).startswith("parameter_")


def _allow_other_origins(response: Response) -> Response:
    """Let pages of the shop call the API, as Stripe does; the key and the client secret are what protects it."""
    if request.path.startswith("/v1/"):
        response.headers.update(_CORS)
    return response


def _javascript(text: str) -> Response:
    return Response(
        text, mimetype="text/javascript", headers={"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
    )


def _base() -> str:
    return request.host_url.rstrip("/") + request.script_root
