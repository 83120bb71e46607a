"""Configuration: one frozen object, read from the environment once, at start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """Access to Stripe. Going live changes addresses and keys, nothing else."""

    api_base: str
    js_url: str
    secret_key: str
    publishable_key: str
    webhook_secret: str


@dataclass(frozen=True, slots=True)
class ViettelPostSettings:
    """Access to the partner API of Viettel Post."""

    base_url: str
    username: str
    password: str
    webhook_secret: str


@dataclass(frozen=True, slots=True)
class BankSettings:
    """The account that buyers transfer to, and the key with which SePay reports what came in."""

    sepay_api_key: str
    bank_bin: str
    account_number: str
    account_name: str


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The mail server that takes our e-mails."""

    host: str
    port: int
    sender: str
    username: str
    password: str
    use_tls: bool


@dataclass(frozen=True, slots=True)
class ContactSettings:
    """Where people reach whoever runs the market; pages show what is there."""

    phone: str = ""
    email: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs from one installation to the next."""

    database_url: str
    broker_url: str
    secret_key: str
    public_url: str
    media_dir: Path
    search_index_dir: Path
    #: The log's tiles and its newest checkpoint, which anybody may read.
    log_dir: Path
    #: Signing keys, outside the database: readable by our own user alone.
    keys_dir: Path
    stripe: StripeSettings
    viettelpost: ViettelPostSettings
    bank: BankSettings
    mail: MailSettings
    contact: ContactSettings = ContactSettings()
    elasticsearch_url: str = ""
    #: Name of the log in its checkpoints (C2SP tlog-checkpoint): chosen once, whatever address serves it.
    log_origin: str = "choque.example/log"
    #: File with witnesses and quorum (C2SP tlog-policy); empty when nobody witnesses yet.
    log_policy: str = ""
    #: Address of the simulators, when they stand in for the outside world; empty in production.
    simulators_url: str = ""
    market_name: str = "Chợ Quê"
    #: Minutes that an unpaid order keeps its goods. A transfer can lag behind, so the bank's own delay is in it.
    payment_window_minutes: int = 45
    #: Seconds before a delivery that went silent is sent again (doubles each time).
    relay_lease_seconds: int = 20
    #: Days that single readings of sensors are kept; the figures of each day stay for ever.
    sensor_raw_days: int = 14
    is_secure: bool = False
    #: Proxies in front of us whose X-Forwarded-* headers are believed. Rate limits go by the visitor's address.
    trusted_proxies: int = 0
    #: How old a page may be that a signed-out visitor without any cookie gets from memory; 0 makes each one anew.
    page_cache_seconds: float = 1.0
    max_upload_bytes: int = 40 * _MIB
    rate_limits_enabled: bool = True


def from_environment(env: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables; what is left out gets a value fit for this machine only."""
    public_url = env.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    data_dir = Path(env.get("MARKETPLACE_DATA_DIR", "var"))
    return Settings(
        database_url=env.get("DATABASE_URL", ""),
        broker_url=env.get("BROKER_URL", ""),
        secret_key=env.get("SECRET_KEY", ""),
        public_url=public_url,
        media_dir=Path(env.get("MEDIA_DIR", str(data_dir / "media"))).absolute(),
        search_index_dir=Path(env.get("SEARCH_INDEX_DIR", str(data_dir / "search"))).absolute(),
        log_dir=Path(env.get("LOG_DIR", str(data_dir / "log"))).absolute(),
        keys_dir=Path(env.get("KEYS_DIR", str(data_dir / "keys"))).absolute(),
        stripe=StripeSettings(
            api_base=env.get("STRIPE_API_BASE", "https://api.stripe.com"),
            js_url=env.get("STRIPE_JS_URL", "https://js.stripe.com/v3/"),
            secret_key=env.get("STRIPE_SECRET_KEY", ""),
            publishable_key=env.get("STRIPE_PUBLISHABLE_KEY", ""),
            webhook_secret=env.get("STRIPE_WEBHOOK_SECRET", ""),
        ),
        viettelpost=ViettelPostSettings(
            base_url=env.get("VIETTELPOST_BASE_URL", "https://partner.viettelpost.vn"),
            username=env.get("VIETTELPOST_USERNAME", ""),
            password=env.get("VIETTELPOST_PASSWORD", ""),
            webhook_secret=env.get("VIETTELPOST_WEBHOOK_SECRET", ""),
        ),
        bank=BankSettings(
            sepay_api_key=env.get("SEPAY_API_KEY", ""),
            bank_bin=env.get("SEPAY_BANK_BIN", ""),
            account_number=env.get("SEPAY_ACCOUNT_NUMBER", ""),
            account_name=env.get("SEPAY_ACCOUNT_NAME", ""),
        ),
        mail=MailSettings(
            host=env.get("SMTP_HOST", ""),
            port=int(env.get("SMTP_PORT", "25")),
            sender=env.get("MAIL_FROM", "Chợ Quê <khong-tra-loi@choque.example>"),
            username=env.get("SMTP_USERNAME", ""),
            password=env.get("SMTP_PASSWORD", ""),
            use_tls=env.get("SMTP_TLS", "") == "1",
        ),
        contact=ContactSettings(
            phone=env.get("CONTACT_PHONE", "").strip(),
            email=env.get("CONTACT_EMAIL", "").strip(),
            address=env.get("CONTACT_ADDRESS", "").strip(),
        ),
        elasticsearch_url=env.get("ELASTICSEARCH_URL", ""),
        log_origin=env.get("LOG_ORIGIN", "choque.example/log"),
        log_policy=env.get("LOG_POLICY", ""),
        simulators_url=env.get("SIMULATORS_URL", "").rstrip("/"),
        market_name=env.get("MARKET_NAME", "Chợ Quê"),
        payment_window_minutes=int(env.get("PAYMENT_WINDOW_MINUTES", "45")),
        relay_lease_seconds=int(env.get("RELAY_LEASE_SECONDS", "20")),
        sensor_raw_days=int(env.get("SENSOR_RAW_DAYS", "14")),
        is_secure=public_url.startswith("https://"),
        trusted_proxies=int(env.get("TRUSTED_PROXIES", "0")),
        page_cache_seconds=float(env.get("PAGE_CACHE_SECONDS", "1")),
        rate_limits_enabled=env.get("RATE_LIMITS", "1") != "0",
    )


def list_problems(settings: Settings) -> list[str]:
    """Say, one sentence each, what is missing or unsafe for a server on the open internet."""
    needed = {
        "DATABASE_URL": settings.database_url,
        "BROKER_URL": settings.broker_url,
        "SECRET_KEY": settings.secret_key,
        "STRIPE_SECRET_KEY": settings.stripe.secret_key,
        "STRIPE_PUBLISHABLE_KEY": settings.stripe.publishable_key,
        "STRIPE_WEBHOOK_SECRET": settings.stripe.webhook_secret,
        "VIETTELPOST_USERNAME": settings.viettelpost.username,
        "VIETTELPOST_PASSWORD": settings.viettelpost.password,
        "VIETTELPOST_WEBHOOK_SECRET": settings.viettelpost.webhook_secret,
        "SEPAY_API_KEY": settings.bank.sepay_api_key,
        "SEPAY_BANK_BIN": settings.bank.bank_bin,
        "SEPAY_ACCOUNT_NUMBER": settings.bank.account_number,
        "SEPAY_ACCOUNT_NAME": settings.bank.account_name,
        "SMTP_HOST": settings.mail.host,
        "CONTACT_PHONE": settings.contact.phone,
        "CONTACT_EMAIL": settings.contact.email,
        "CONTACT_ADDRESS": settings.contact.address,
    }
    problems = [f"{name} is not set." for name, value in needed.items() if not value]
    if settings.secret_key and len(settings.secret_key) < 32:
        problems.append("SECRET_KEY is shorter than 32 characters.")
    if not settings.is_secure:
        problems.append("PUBLIC_URL does not begin with https://, so cookies travel in the clear.")
    outside = {
        "STRIPE_API_BASE": settings.stripe.api_base,
        "STRIPE_JS_URL": settings.stripe.js_url,
        "VIETTELPOST_BASE_URL": settings.viettelpost.base_url,
    }
    problems += [f"{name} does not begin with https://." for name, url in outside.items() if _is_plain(url)]
    invented = {"MAIL_FROM": settings.mail.sender, "LOG_ORIGIN": settings.log_origin}
    problems += [f"{name} still names an invented address." for name, value in invented.items() if ".example" in value]
    if not settings.rate_limits_enabled:
        problems.append("RATE_LIMITS is 0: passwords may be tried without end.")
    if settings.simulators_url:
        problems.append("SIMULATORS_URL is set: simulators stand in for carriers and banks.")
    if settings.elasticsearch_url:
        problems.append("ELASTICSEARCH_URL is set, but this release searches with its embedded engine only.")
    return problems


def _is_plain(url: str) -> bool:
    return not url.startswith("https://")
