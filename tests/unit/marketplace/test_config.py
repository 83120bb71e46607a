"""``check-config``: what a server on the open internet must not start without."""

import pytest

from marketplace.config import from_environment, list_problems

GOOD = {
    "DATABASE_URL": "postgresql+psycopg://cho@db/cho",
    "BROKER_URL": "redis://valkey/0",
    "SECRET_KEY": "k" * 40,
    "PUBLIC_URL": "https://choque.vn",
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "VIETTELPOST_USERNAME": "choque",
    "VIETTELPOST_PASSWORD": "x",
    "VIETTELPOST_WEBHOOK_SECRET": "x",
    "SEPAY_API_KEY": "x",
    "SEPAY_BANK_BIN": "970436",
    "SEPAY_ACCOUNT_NUMBER": "1",
    "SEPAY_ACCOUNT_NAME": "CHO QUE",
    "SMTP_HOST": "mail.choque.vn",
    "MAIL_FROM": "Chợ Quê <thu@choque.vn>",
    "LOG_ORIGIN": "choque.vn/log",
    "CONTACT_PHONE": "1900 0000",
    "CONTACT_EMAIL": "lien-he@choque.vn",
    "CONTACT_ADDRESS": "Thanh Hóa",
}


def problems_with(**changes):
    return list_problems(from_environment({**GOOD, **changes}))


def test_a_server_that_has_everything_has_no_problem():
    assert problems_with() == []


@pytest.mark.parametrize("name", sorted(GOOD))
def test_whatever_is_left_out_is_named(name):
    told = list_problems(from_environment({one: value for one, value in GOOD.items() if one != name}))
    assert len(told) == 1
    assert told[0].startswith(name)


@pytest.mark.parametrize(("name", "value", "told"), [
    ("SECRET_KEY", "short", "SECRET_KEY is shorter than 32 characters."),
    ("PUBLIC_URL", "http://choque.vn", "PUBLIC_URL does not begin with https://, so cookies travel in the clear."),
    ("STRIPE_API_BASE", "http://127.0.0.1:8700/stripe", "STRIPE_API_BASE does not begin with https://."),
    ("STRIPE_JS_URL", "http://127.0.0.1:8700/stripe/v3/", "STRIPE_JS_URL does not begin with https://."),
    ("VIETTELPOST_BASE_URL", "http://127.0.0.1:8700/vtp", "VIETTELPOST_BASE_URL does not begin with https://."),
    ("MAIL_FROM", "Chợ <a@choque.example>", "MAIL_FROM still names an invented address."),
    ("RATE_LIMITS", "0", "RATE_LIMITS is 0: passwords may be tried without end."),
    ("SIMULATORS_URL", "http://127.0.0.1:8700", "SIMULATORS_URL is set: simulators stand in for carriers and banks."),
    ("ELASTICSEARCH_URL", "http://es:9200",
     "ELASTICSEARCH_URL is set, but this release searches with its embedded engine only."),
])  # fmt: skip
def test_what_is_unsafe_is_said(name, value, told):
    assert problems_with(**{name: value}) == [told]
