"""The application factory: assembles the packages, decides nothing."""

import os
from importlib import import_module
from pathlib import Path

import structlog
from flask import Flask, Response, current_app, g, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_compress import Compress
from sqlalchemy import text
from werkzeug.exceptions import NotFound
from werkzeug.middleware.proxy_fix import ProxyFix

from marketplace import filters
from marketplace.accounts.gate import guard_request, is_for_somebody, needs
from marketplace.accounts.rules import Permission
from marketplace.config import Settings, from_environment
from marketplace.core.csrf import ForgeryProtection
from marketplace.core.db import db
from marketplace.core.limits import limiter
from marketplace.core.photos import VARIANTS, is_removed, photo_path
from marketplace.core.sessions import PatientSessions
from marketplace.error_pages import register_error_pages
from marketplace.page_cache import PageCache
from marketplace.wiring import wire

_ROOT = Path(__file__).resolve().parent.parent
_YEAR_S = 31_536_000
#: Packages that bring pages, from the roof down. Order matters to nobody.
PAGES = (
    "marketplace.about",
    "marketplace.desk.views",
    "search.views",
    "orders.views",
    "orders.webhooks",
    "catalog.views",
    "logistics.views",
    "logistics.webhooks",
    "traceability.views",
    "traceability.api",
    "traceability.api.sensors",
    "sellers.views",
    "marketplace.accounts.views",
)
#: Packages that bring tasks; importing them is what registers the tasks with Celery.
TASKS = (
    "search.tasks",
    "orders.tasks",
    "catalog.tasks",
    "logistics.tasks",
    "traceability.tasks",
    "sellers.tasks",
    "marketplace.desk.tasks",
    "marketplace.post_office",
)
#: What gets smaller by packing; pictures are packed already.
_PACKABLE = (
    "text/html",
    "text/css",
    "text/javascript",
    "application/json",
    "application/ld+json",
    "application/manifest+json",
    "image/svg+xml",
)
csrf = ForgeryProtection()
compress, compress_files = Compress(), Compress()
babel = Babel()
log = structlog.get_logger(__name__)


def create_app(settings: Settings | None = None) -> Flask:
    """Build an application from settings (by default from the environment)."""
    settings = settings or from_environment(os.environ)
    app = Flask("marketplace", template_folder=str(_ROOT / "templates"))
    app.config.from_mapping(_flask_config(settings))
    app.session_interface = PatientSessions()
    app.extensions["settings"] = settings
    app.extensions["adapters"] = wire(settings)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    _init_extensions(app)
    app.before_request(guard_request)
    # The last to be registered runs first: packing comes after everything else.
    app.after_request(_pack)
    app.after_request(_harden)
    _register_own_routes(app)
    for name in PAGES:
        _register_pages(app, name)
    for name in TASKS:
        import_module(name)
    filters.register(app)
    register_error_pages(app)
    if settings.page_cache_seconds:
        app.wsgi_app = PageCache(app.wsgi_app, settings.page_cache_seconds)  # type: ignore[method-assign]
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": 3,
            "max_overflow": 5,
            "pool_pre_ping": False,
            "pool_recycle": 300,
            "connect_args": {"options": "-c lock_timeout=5s -c statement_timeout=30s -c timezone=UTC"},
        },
        "BROKER_URL": settings.broker_url,
        "PUBLIC_URL": settings.public_url,
        "MEDIA_DIR": str(settings.media_dir),
        "LOG_DIR": str(settings.log_dir),
        "SEARCH_INDEX_DIR": str(settings.search_index_dir),
        "MARKET_NAME": settings.market_name,
        "SENSOR_RAW_DAYS": settings.sensor_raw_days,
        "MAX_CONTENT_LENGTH": settings.max_upload_bytes,
        "MAX_FORM_MEMORY_SIZE": 2_000_000,
        "SESSION_COOKIE_NAME": "cho_que",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_secure,
        "PERMANENT_SESSION_LIFETIME": 60 * 60 * 24 * 30,
        "SEND_FILE_MAX_AGE_DEFAULT": _YEAR_S,
        "COMPRESS_REGISTER": False,
        "COMPRESS_STREAMS": False,
        "COMPRESS_MIMETYPES": _PACKABLE,
        "COMPRESS_MIN_SIZE": 500,
        # By the time they take: zstd packs a page in a tenth of a millisecond.
        "COMPRESS_ALGORITHM": ["zstd", "br", "gzip"],
        "COMPRESS_BR_LEVEL": 5,
        "BABEL_DEFAULT_LOCALE": "vi",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": settings.is_secure,
        "RATELIMIT_ENABLED": settings.rate_limits_enabled,
        "RATELIMIT_STORAGE_URI": settings.broker_url or "memory://",
    }


def _init_extensions(app: Flask) -> None:
    db.init_app(app)
    babel.init_app(app, locale_selector=lambda: "vi")
    csrf.init_app(app)
    compress.init_app(app)
    compress_files.init_app(app)
    # A file is packed once for each visitor's cache, so there it is size that counts.
    compress_files.enabled_algorithms = ("br", "gzip")
    limiter.init_app(app)
    import_module("marketplace.accounts.views").init_security(app)


def enable_migrations(app: Flask) -> None:
    """Let Flask-Migrate find our tables. Alembic takes 10 MB, so only those who change tables load it."""
    import_module("flask_migrate").Migrate(app, db, directory=str(_ROOT / "migrations"))


def _register_pages(app: Flask, name: str) -> None:
    blueprint = import_module(name).blueprint
    app.register_blueprint(blueprint)
    if name.endswith(".webhooks") or ".api" in name:
        # A program outside holds no form of ours; it proves itself by a signature, a shared secret or a key, and a
        # browser's session opens nothing here.
        csrf.exempt(blueprint)


def _register_own_routes(app: Flask) -> None:
    app.add_url_rule("/healthz", "healthz", _healthz)
    app.add_url_rule("/favicon.ico", "favicon", _favicon)
    app.add_url_rule("/anh/<sha256>/<variant>.webp", "photo", _photo)
    # The framework's own view of static files needs a permission like any other.
    needs(Permission.PUBLIC)(app.view_functions["static"])


@needs(Permission.PUBLIC)
def _healthz() -> ResponseReturnValue:
    """Answer 200 when the database answers."""
    db.session.execute(text("SELECT 1"))
    return {"status": "ok"}


@needs(Permission.PUBLIC)
def _favicon() -> Response:
    """Answer browsers that ask for the sign of the market where no page has told them."""
    return current_app.send_static_file("img/icon-192.png")


#: What stands where a picture of a person stood.
_REMOVED_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240" role="img">'
    '<rect width="320" height="240" fill="#e7e2d6"/><text x="160" y="126" text-anchor="middle" '
    'font-family="sans-serif" font-size="20" fill="#55503f">Ảnh đã xóa theo yêu cầu</text></svg>'
)


@needs(Permission.PUBLIC)
def _photo(sha256: str, variant: str) -> Response:
    """Send a stored photo; the name is its hash, so it may be kept for ever."""
    settings: Settings = current_app.extensions["settings"]
    if variant not in VARIANTS or len(sha256) != 64 or not sha256.isalnum():
        raise NotFound
    path = photo_path(settings.media_dir, sha256, variant)
    if not path.exists():
        if is_removed(db.session(), sha256):
            return Response(_REMOVED_PICTURE, status=410, mimetype="image/svg+xml")
        raise NotFound
    response = send_file(path, mimetype="image/webp", max_age=_YEAR_S)
    response.cache_control.immutable = True
    return response


def _pack(response: Response) -> Response:
    """Send text packed, where packing tells nobody anything.

    The length of a packed page gives away a secret in it, byte by byte, to somebody who may put text of their own
    beside it (BREACH). So a page goes out as it is when somebody is signed in, and when it holds a form's token while
    the request brought text that may be repeated on it.
    """
    if request.endpoint == "static":
        if response.status_code == 200 and response.mimetype in _PACKABLE:
            response.direct_passthrough = False
            response.get_data()
        return compress_files.after_request(response)
    holds_token = "csrf_token" in g
    if is_for_somebody() or (holds_token and (request.args or request.method != "GET")):
        return response
    return compress.after_request(response)


def _harden(response: Response) -> Response:
    """Add the headers that keep a page ours: no foreign script, no frame around us, no referrer to others."""
    extra: dict[str, str] = g.get("csp_origins", {})
    scripts, frames, connects = (extra.get(key, "") for key in ("script", "frame", "connect"))
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; "
        f"script-src 'self' {scripts}; connect-src 'self' {connects}; frame-src 'self' {frames}; "
        "style-src 'self'; img-src 'self' data: blob:; font-src 'self'; manifest-src 'self'; worker-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault(
        "Permissions-Policy", "camera=(self), geolocation=(), microphone=(self), payment=(self)"
    )
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR_S}; includeSubDomains")
    if is_for_somebody():
        # Pages of a signed-in person stay out of shared caches and of the back button after signing out.
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response
