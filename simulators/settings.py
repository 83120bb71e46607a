"""What the simulators need to know before they start; read from the environment once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Ports, the accounts that may sign in, and where webhooks go."""

    host: str = "127.0.0.1"
    #: 0 takes any free port.
    port: int = 8700
    smtp_port: int = 8725
    #: JSON file in which parcels, payments and mails outlive the process; None keeps them in memory only.
    state_path: Path | None = None
    #: Seconds that a sender waits for the answer to a webhook.
    webhook_timeout_s: float = 5.0
    #: Retry delays are multiplied by this: with 1/60, what takes a minute outside takes a second here.
    retry_scale: float = 1 / 60
    viettelpost_username: str = "simulator"
    viettelpost_password: str = "simulator"  # noqa: S105 - opens nothing but this simulator
    viettelpost_webhook_url: str = "http://127.0.0.1:8000/webhooks/viettelpost"
    viettelpost_webhook_secret: str = "viettelpost-simulator"  # noqa: S105 - see above
    #: Seconds between two steps of a parcel that moves by itself; 0 switches that off at start.
    viettelpost_automatic_s: float = 0.0
    #: Empty accepts every key that begins with sk_test_.
    stripe_secret_key: str = ""
    stripe_publishable_key: str = ""
    stripe_webhook_url: str = "http://127.0.0.1:8000/webhooks/stripe"
    stripe_webhook_secret: str = "whsec_simulator"  # noqa: S105 - see above
    sepay_webhook_url: str = "http://127.0.0.1:8000/webhooks/sepay"
    sepay_api_key: str = "sepay-simulator"
    #: "apikey", "hmac" or "none": how SePay proves who it is.
    sepay_mode: str = "apikey"
    sepay_hmac_secret: str = "sepay-simulator-hmac"  # noqa: S105 - see above
    sepay_bank_bin: str = "970436"
    sepay_account_number: str = "0123456789"
    sepay_account_name: str = "CHO QUE"


def from_environment(env: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables; what is left out or empty keeps its default."""
    default = Settings()
    public_url = (env.get("PUBLIC_URL") or "http://127.0.0.1:8000").rstrip("/")
    state = env.get("SIMULATORS_STATE")
    return Settings(
        host=env.get("SIMULATORS_HOST") or default.host,
        port=int(env.get("SIMULATORS_PORT") or default.port),
        smtp_port=int(env.get("SMTP_PORT") or default.smtp_port),
        state_path=Path(state).absolute() if state else None,
        webhook_timeout_s=float(env.get("SIMULATORS_WEBHOOK_TIMEOUT") or default.webhook_timeout_s),
        retry_scale=float(env.get("SIMULATORS_RETRY_SCALE") or default.retry_scale),
        viettelpost_username=env.get("VIETTELPOST_USERNAME") or default.viettelpost_username,
        viettelpost_password=env.get("VIETTELPOST_PASSWORD") or default.viettelpost_password,
        viettelpost_webhook_url=env.get("VIETTELPOST_WEBHOOK_URL") or f"{public_url}/webhooks/viettelpost",
        viettelpost_webhook_secret=env.get("VIETTELPOST_WEBHOOK_SECRET") or default.viettelpost_webhook_secret,
        viettelpost_automatic_s=float(env.get("VIETTELPOST_AUTOMATIC_SECONDS") or 0),
        stripe_secret_key=env.get("STRIPE_SECRET_KEY") or "",
        stripe_publishable_key=env.get("STRIPE_PUBLISHABLE_KEY") or "",
        stripe_webhook_url=env.get("STRIPE_WEBHOOK_URL") or f"{public_url}/webhooks/stripe",
        stripe_webhook_secret=env.get("STRIPE_WEBHOOK_SECRET") or default.stripe_webhook_secret,
        sepay_webhook_url=env.get("SEPAY_WEBHOOK_URL") or f"{public_url}/webhooks/sepay",
        sepay_api_key=env.get("SEPAY_API_KEY") or default.sepay_api_key,
        sepay_mode=env.get("SEPAY_MODE") or default.sepay_mode,
        sepay_hmac_secret=env.get("SEPAY_HMAC_SECRET") or default.sepay_hmac_secret,
        sepay_bank_bin=env.get("SEPAY_BANK_BIN") or default.sepay_bank_bin,
        sepay_account_number=env.get("SEPAY_ACCOUNT_NUMBER") or default.sepay_account_number,
        sepay_account_name=env.get("SEPAY_ACCOUNT_NAME") or default.sepay_account_name,
    )
