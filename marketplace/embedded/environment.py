"""The environment variables that every process of the embedded stack is started with."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from marketplace.embedded import process
from marketplace.embedded.addresses import LOCALHOST

#: Secrets made once and kept, each with the beginning that its reader expects.
_SECRETS: Mapping[str, str] = {
    "SECRET_KEY": "",
    "STRIPE_SECRET_KEY": "sk_test_",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_",
    "STRIPE_WEBHOOK_SECRET": "whsec_",
    "VIETTELPOST_PASSWORD": "",
    "VIETTELPOST_WEBHOOK_SECRET": "",
    "SEPAY_API_KEY": "",
}
#: The invented household of the bank feed; a real account has its own.
_BANK: Mapping[str, str] = {
    "SEPAY_BANK_BIN": "970436",
    "SEPAY_ACCOUNT_NUMBER": "0123456789",
    "SEPAY_ACCOUNT_NAME": "CHO QUE",
}
#: Nobody answers there: the number belongs to no one, and names under .example lead nowhere (RFC 2606).
_CONTACT: Mapping[str, str] = {
    "CONTACT_PHONE": "1900 0000",
    "CONTACT_EMAIL": "lien-he@choque.example",
    "CONTACT_ADDRESS": "Nhà văn hóa xã Tân Ninh, tỉnh Thanh Hóa",
}
#: With all of these given from outside, nothing is left for the simulators to stand in for.
OUTSIDE_ADDRESSES = ("STRIPE_API_BASE", "VIETTELPOST_BASE_URL", "SMTP_HOST")


def complete(
    given: Mapping[str, str], *, data_dir: Path, web_port: int, simulators_port: int, smtp_port: int
) -> dict[str, str]:
    """Return what was given, which always wins, plus whatever is missing for a stack on this machine."""
    web_url = f"http://{LOCALHOST}:{web_port}"
    simulators_url = f"http://{LOCALHOST}:{simulators_port}"
    own = {
        **_kept_secrets(data_dir),
        **_BANK,
        **_CONTACT,
        "MARKETPLACE_DATA_DIR": str(data_dir),
        "MEDIA_DIR": str(data_dir / "media"),
        "SEARCH_INDEX_DIR": str(data_dir / "search"),
        "LOG_DIR": str(data_dir / "log"),
        "KEYS_DIR": str(data_dir / "keys"),
        "PUBLIC_URL": web_url,
        "MAIL_FROM": "Chợ Quê <khong-tra-loi@choque.example>",
        # Lines appear when they are written, not when a buffer is full.
        "PYTHONUNBUFFERED": "1",
        # Few threads of our own allocate at once; more arenas would only keep memory from one another.
        "MALLOC_ARENA_MAX": "2",
    }
    if not all(given.get(name) for name in OUTSIDE_ADDRESSES):
        own |= {
            "SIMULATORS_URL": simulators_url,
            "SIMULATORS_PORT": str(simulators_port),
            "SIMULATORS_STATE": str(data_dir / "simulators.json"),
            "STRIPE_API_BASE": f"{simulators_url}/stripe",
            "STRIPE_JS_URL": f"{simulators_url}/stripe/v3/",
            "STRIPE_WEBHOOK_URL": f"{web_url}/webhooks/stripe",
            "VIETTELPOST_BASE_URL": f"{simulators_url}/viettelpost",
            "VIETTELPOST_USERNAME": "choque",
            "VIETTELPOST_WEBHOOK_URL": f"{web_url}/webhooks/viettelpost",
            "SEPAY_WEBHOOK_URL": f"{web_url}/webhooks/sepay",
            "SMTP_HOST": LOCALHOST,
            "SMTP_PORT": str(smtp_port),
        }
    return {**own, **{name: value for name, value in given.items() if value}}


def _kept_secrets(data_dir: Path) -> dict[str, str]:
    path = data_dir / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    missing = {name: beginning + secrets.token_urlsafe(32) for name, beginning in _SECRETS.items() if name not in kept}
    if missing:
        kept |= missing
        process.write_secret(path, json.dumps(kept))
    return kept
