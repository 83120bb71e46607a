"""Paying by card, and the VietQR picture of a transfer."""

import io
from urllib.parse import urlsplit

import segno
from flask import Response, current_app, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import NotFound, Unavailable
from marketplace.core.limits import limiter
from marketplace.core.registry import resolve
from orders.ports import BankFeed, CardPayment, CardState, PaymentGateway
from orders.queries.orders import OrderView, get_order_by_token
from orders.rules.states import OrderState
from orders.rules.vietqr import encode_vietqr
from orders.services.settle_payment import remember_gateway_payment, settle_card
from orders.views.blueprint import blueprint


@blueprint.get("/don/<token>/vietqr.svg")
@needs(Permission.PUBLIC)
def vietqr(token: str) -> Response:
    """Draw the VietQR code of what is still to pay."""
    order = get_order_by_token(db.session(), token)
    code = order.payment.transfer_code
    left = order.payment.amount_vnd - order.payment.received_vnd
    if code is None or left <= 0 or order.state != OrderState.AWAITING_PAYMENT or order.is_waiting_for_goods:
        raise NotFound
    feed = resolve(BankFeed)
    payload = encode_vietqr(bank_bin=feed.bank_bin, account_number=feed.account_number, amount_vnd=left, purpose=code)
    picture = io.BytesIO()
    segno.make(payload, error="m", micro=False).save(picture, kind="svg", scale=8, border=4, light="#fff")
    response = Response(picture.getvalue(), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/don/<token>/the")
@needs(Permission.PUBLIC)
@limiter.limit("30/minute")
def pay_by_card(token: str) -> ResponseReturnValue:
    """Show the gateway's own card form. Card numbers never reach us."""
    order = get_order_by_token(db.session(), token)
    if order.payment_method != "card" or order.state != OrderState.AWAITING_PAYMENT or order.is_waiting_for_goods:
        return redirect(url_for("orders.order", token=token), 303)
    db.session.rollback()
    gateway = resolve(PaymentGateway)
    card = _open(gateway, order)
    if card.state is CardState.PAID:
        return _settle(token, card)
    with transaction() as session:
        remember_gateway_payment(session=session, payment_id=order.payment.id, reference=card.reference)
    _allow_gateway(gateway)
    return render_template(
        "orders/card.html",
        order=order,
        card=card,
        script_url=gateway.script_url,
        publishable_key=gateway.publishable_key,
        return_url=f"{current_app.config['PUBLIC_URL']}{url_for('orders.card_paid', token=token)}",
    )


@blueprint.get("/don/<token>/the/xong")
@needs(Permission.PUBLIC)
@limiter.limit("30/minute")
def card_paid(token: str) -> ResponseReturnValue:
    """Take the buyer back from the gateway. What it says in the address decides nothing: we ask it ourselves."""
    order = get_order_by_token(db.session(), token)
    reference = order.payment.gateway_reference
    db.session.rollback()
    if reference is None:
        return redirect(url_for("orders.order", token=token), 303)
    try:
        card = resolve(PaymentGateway).get_payment(reference)
    except Unavailable:
        flash(_("Ngân hàng chưa trả lời. Trang này sẽ tự cập nhật khi có kết quả."), "info")
        return redirect(url_for("orders.order", token=token), 303)
    return _settle(token, card)


def _settle(token: str, card: CardPayment) -> ResponseReturnValue:
    with transaction() as session:
        settle_card(session=session, card=card, now=utcnow())
    return redirect(url_for("orders.order", token=token), 303)


def _open(gateway: PaymentGateway, order: OrderView) -> CardPayment:
    if order.payment.gateway_reference:
        return gateway.get_payment(order.payment.gateway_reference)
    return gateway.open_payment(
        attempt_key=order.payment.attempt_key,
        amount_vnd=order.payment.amount_vnd,
        order_number=order.number,
    )


def _allow_gateway(gateway: PaymentGateway) -> None:
    """Let this one page load the gateway's script and frames, and nothing else from outside."""
    parts = urlsplit(gateway.script_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if parts.hostname == "js.stripe.com":
        g.csp_origins = {
            "script": "https://js.stripe.com https://*.js.stripe.com",
            "frame": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
            "connect": "https://api.stripe.com",
        }
    else:
        g.csp_origins = {"script": origin, "frame": origin, "connect": origin}
