"""What every test may ask for: a real PostgreSQL, the application on it, and a session that leaves no trace.

One server serves the whole run. Its tables are made once, in a template; each worker copies it.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as laws
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from marketplace.app import create_app, enable_migrations
from marketplace.config import Settings, from_environment
from marketplace.core.db import db
from marketplace.embedded import postgres

# A busy machine is no broken law.
laws.register_profile("unhurried", deadline=None)
laws.load_profile("unhurried")
TEMPLATE = "template_market"
_SERVER_VARIABLE = "MARKETPLACE_TEST_SERVER"
_server: postgres.PostgresServer | None = None
_folder: Path | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Start the server in the process that leads the run; xdist's workers find it in the environment."""
    global _server, _folder  # noqa: PLW0603 - pytest offers no other place that outlives every fixture
    is_worker = hasattr(config, "workerinput")
    if is_worker or config.option.collectonly or _SERVER_VARIABLE in os.environ:
        return
    _folder = Path(tempfile.mkdtemp(prefix="marketplace-tests-"))
    _server = postgres.start(_folder / "postgres", fsync=False, settings={"max_connections": "150"})
    os.environ[_SERVER_VARIABLE] = _server.url_for("{database}")
    url = _server.create_database(TEMPLATE)
    create_tables(url)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server and forget its data."""
    global _server, _folder  # noqa: PLW0603 - as above
    if _server:
        _server.stop()
        os.environ.pop(_SERVER_VARIABLE, None)
        _server = None
    if _folder:
        shutil.rmtree(_folder, ignore_errors=True)
        _folder = None


def create_tables(url: str) -> None:
    """Bring an empty database up to date, the way a server does it."""
    import flask_migrate

    app = create_app(from_environment({"DATABASE_URL": url, "SECRET_KEY": "x" * 40}))
    enable_migrations(app)
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()


def copy_database(source: str = TEMPLATE) -> str:
    """Return the address of a fresh copy of the template, or of another database of the run, given by name."""
    pattern = os.environ[_SERVER_VARIABLE]
    name = f"t_{uuid.uuid4().hex}"
    with _admin() as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    return pattern.replace("%7Bdatabase%7D", name).replace("{database}", name)


def drop_database(url: str) -> None:
    """Drop a copy, whoever is still connected."""
    with _admin() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{url.rsplit("/", 1)[1]}" WITH (FORCE)')


@contextmanager
def _admin() -> Iterator[psycopg.Connection]:
    address = os.environ[_SERVER_VARIABLE].replace("+psycopg", "").replace("{database}", "postgres")
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def make_settings(database_url: str, folder: Path, **environment: str) -> Settings:
    """Return settings for a test: addresses that nobody answers unless a test says otherwise."""
    return from_environment(
        {
            "DATABASE_URL": database_url,
            "SECRET_KEY": "k" * 40,
            "PUBLIC_URL": "http://localhost",
            "MARKETPLACE_DATA_DIR": str(folder),
            "STRIPE_API_BASE": "http://127.0.0.1:9",
            "STRIPE_SECRET_KEY": "sk_test_x",
            "STRIPE_PUBLISHABLE_KEY": "pk_test_x",
            "STRIPE_WEBHOOK_SECRET": "whsec_x",
            "VIETTELPOST_BASE_URL": "http://127.0.0.1:9",
            "VIETTELPOST_USERNAME": "choque",
            "VIETTELPOST_PASSWORD": "mat-khau",
            "VIETTELPOST_WEBHOOK_SECRET": "chung-ta-biet",
            "SEPAY_API_KEY": "khoa-sepay",
            "SEPAY_BANK_BIN": "970436",
            "SEPAY_ACCOUNT_NUMBER": "0123456789",
            "SEPAY_ACCOUNT_NAME": "CHO QUE",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": "9",
            "RATE_LIMITS": "0",
            "PAGE_CACHE_SECONDS": "0",
            **environment,
        }
    )


def make_app(settings: Settings) -> Flask:
    """Return an application for tests: forms without CSRF tokens, errors as pages."""
    app = create_app(settings)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    with app.app_context():
        db.session.configure(join_transaction_mode="create_savepoint")
    return app


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    # Imported late: conftest starts the server before anything else is loaded.
    from tests.factories.traceability import OFFICERS_KEYS

    url = copy_database()
    settings = make_settings(url, tmp_path_factory.mktemp("data"))
    # Pages believe what the market's own office certified: here the one that signs in factories.
    settings.keys_dir.mkdir()
    (settings.keys_dir / "officers").symlink_to(OFFICERS_KEYS)
    yield settings
    drop_database(url)


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    app = make_app(settings)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session in a transaction that is rolled back; pages and tasks of ``app`` see what it holds."""
    with app.app_context():
        engines = db.engines
        engine = db.engine
    with engine.connect() as connection:
        outer = connection.begin()
        engines[None] = connection  # type: ignore[assignment]  # a session binds to a connection just as well
        try:
            with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
                yield session
        finally:
            engines[None] = engine
            outer.rollback()


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def in_app(app: Flask, session: Session) -> Iterator[Flask]:
    """An application context, for calling tasks as a worker does."""
    with app.app_context():
        yield app


@pytest.fixture
def committed_app(tmp_path: Path) -> Iterator[Flask]:
    """An application on a database of its own, where commits are real: for races and crashes."""
    url = copy_database()
    app = make_app(make_settings(url, tmp_path))
    yield app
    with app.app_context():
        db.engine.dispose()
    drop_database(url)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@pytest.fixture
def sql_log() -> Callable[[], AbstractContextManager[list[str]]]:
    """``with sql_log() as statements:`` collects the SQL that is sent meanwhile, savepoints aside."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
                statements.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    return collect
