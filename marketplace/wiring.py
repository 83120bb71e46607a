"""Binds every port to its adapter: the whole outside world on one screen."""

from typing import Any

from logistics.adapters.viettelpost.carrier import ViettelPost
from logistics.adapters.viettelpost.client import Account
from logistics.ports import Carrier
from marketplace.config import Settings, StripeSettings
from marketplace.core.adapters.smtp import SmtpMailer
from marketplace.core.ports import Mailer
from marketplace.core.registry import bind, bind_later
from orders.adapters.recalled_sales import RecalledSales
from orders.adapters.sepay import SepayFeed
from orders.ports import BankFeed, PaymentGateway
from search.adapters.tantivy_index import TantivyIndex
from search.ports import ProductIndex
from sellers.ports import FieldDiary
from traceability.adapters.field_diary import DiaryNames
from traceability.adapters.key_folder import KeyFolder
from traceability.ports import Sales, Signatory


def wire(settings: Settings) -> dict[Any, Any]:
    """Build the table of adapters for an application. Nothing is called yet: adapters connect when used."""
    adapters: dict[Any, Any] = {}
    mail = settings.mail
    bind(
        adapters,
        Mailer,
        SmtpMailer(
            host=mail.host,
            port=mail.port,
            sender=mail.sender,
            username=mail.username,
            password=mail.password,
            use_tls=mail.use_tls,
        ),
    )
    bind_later(adapters, PaymentGateway, lambda: _make_stripe(settings.stripe, settings.market_name))
    bank = settings.bank
    bind(
        adapters,
        BankFeed,
        SepayFeed(
            api_key=bank.sepay_api_key,
            bank_bin=bank.bank_bin,
            account_number=bank.account_number,
            account_name=bank.account_name,
        ),
    )
    post = settings.viettelpost
    bind(
        adapters,
        Carrier,
        ViettelPost(
            Account(post.base_url, post.username, post.password),
            webhook_secret=post.webhook_secret,
        ),
    )
    bind(adapters, Signatory, KeyFolder(settings.keys_dir / "officers"))
    bind(adapters, Sales, RecalledSales())
    bind(adapters, FieldDiary, DiaryNames())
    bind(adapters, ProductIndex, TantivyIndex(settings.search_index_dir))
    return adapters


def _make_stripe(stripe: StripeSettings, market_name: str) -> PaymentGateway:
    # Stripe's SDK takes 11 MB; most processes never speak to it.
    from orders.adapters.stripe_payments import StripeGateway  # noqa: PLC0415

    return StripeGateway(
        api_base=stripe.api_base,
        secret_key=stripe.secret_key,
        publishable_key=stripe.publishable_key,
        webhook_secret=stripe.webhook_secret,
        script_url=stripe.js_url,
        market_name=market_name,
    )
