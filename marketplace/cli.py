"""The command line. Each command imports what it needs when it runs, so that the supervisor stays small."""

import json
import os
import shutil
import signal
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from flask import Flask

    from marketplace.embedded.stack import Stack
    from marketplace.seed.crew import Crew

_ROOT = Path(__file__).resolve().parent.parent
_STOP_LIMIT_S = 60
_MIN_PASSWORD = 8
_ACCOUNTS = "accounts.json"


@click.group()
def main() -> None:
    """Run the marketplace: all of it with `up`, or one process at a time on servers."""


@main.command()
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True, help="Where the shop listens.")
@click.option(
    "--port", envvar="PORT", default=8000, show_default=True, help="The next free one is taken if it is busy."
)
@click.option("--seed/--no-seed", default=True, help="Fill an empty market with invented households.")
def up(host: str, port: int, *, seed: bool) -> None:
    """Start everything on this machine; Ctrl-C stops it."""
    from marketplace.embedded import supervisor

    def announce(stack: "Stack") -> None:
        _print_welcome(stack, with_accounts=seed)

    ports = supervisor.Ports(web=port)
    sys.exit(supervisor.run(data_dir=_data_dir(), ports=ports, host=host, seed=seed, announce=announce))


@main.command()
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True)
@click.option("--port", envvar="PORT", default=8000, show_default=True)
@click.option("--workers", envvar="WEB_WORKERS", default=2, show_default=True, help="Processes, about one per core.")
def web(host: str, port: int, workers: int) -> None:
    """Serve the pages."""
    _find_servers()
    from marketplace.wsgi import serve

    serve(host, port, workers)


@main.command()
@click.option(
    "--queues",
    multiple=True,
    default=("default,outside", "search"),
    show_default=True,
    help="Queues to take work from. Given again: a second worker, which shares the memory of the first.",
)
@click.option("--concurrency", envvar="WORKER_CONCURRENCY", default=2, show_default=True)
def worker(queues: tuple[str, ...], concurrency: int) -> None:
    """Do the work that pages leave for later. The queue `search` has one worker at most, on its own."""
    import warnings

    from celery.platforms import SecurityWarning

    # It warns of root because of pickle; our messages are JSON and nothing else is accepted.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    app = _make_app()
    from marketplace.worker import make_celery, run_workers

    sys.exit(run_workers(make_celery(app), queues, concurrency))


@main.command()
def beat() -> None:
    """Ask at fixed times whether something is due. Run exactly one."""
    _find_servers()
    from marketplace.beat import make_beat

    celery = make_beat(os.environ["BROKER_URL"])
    celery.start(["--quiet", "beat", "--schedule", str(_data_dir() / "beat"), "--loglevel", "WARNING"])


@main.command()
def relay() -> None:
    """Carry events from the outbox to the workers. As many as you like may run."""
    _find_servers()
    from marketplace.config import from_environment
    from marketplace.relay import run_relay

    run_relay(from_environment(os.environ))


@main.command()
def keeper() -> None:
    """Keep the log: places, tiles, signatures, witnesses. One at a time; a second one waits."""
    _find_servers()
    from marketplace.config import from_environment
    from marketplace.keeper import run_keeper

    run_keeper(from_environment(os.environ))


@main.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def witness(arguments: tuple[str, ...]) -> None:
    """Watch other people's logs and cosign what is consistent; needs no market. See `witness --help`."""
    _become("-m", "transparency", "witness", *arguments)


@main.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """Check the proof file of a lot, offline. See `verify --help`."""
    _become("-m", "transparency", "verify", *arguments)


@main.command()
def simulators() -> None:
    """Stand in for Stripe, the carriers, the bank and the mail server."""
    _become("-m", "simulators")


@main.command()
@click.option("--seed/--no-seed", default=False, help="Then fill an empty market.")
def migrate(*, seed: bool) -> None:
    """Bring the tables up to date."""
    app = _make_app()
    if not seed:
        _upgrade(app)
        return
    from marketplace.core.db import has_tables
    from marketplace.seed.crew import open_crew

    with app.app_context():
        is_new = not has_tables()
    # Those who help to fill a new market draw its pictures while the tables are made.
    with open_crew(app.extensions["settings"]) if is_new else nullcontext() as crew:
        _upgrade(app)
        _fill(app, crew)


@main.command("seed")
def fill() -> None:
    """Fill an empty market with invented households, lots and orders; a market with data stays as it is."""
    _fill(_make_app(), None)


def _upgrade(app: "Flask") -> None:
    import flask_migrate

    from marketplace.app import enable_migrations
    from marketplace.core.db import transaction
    from sellers.services.load_places import load_administrative_units

    enable_migrations(app)
    with app.app_context():
        flask_migrate.upgrade()
        # Addresses are checked against the communes of today, so no shop works without them.
        with transaction() as session:
            load_administrative_units(session)


def _fill(app: "Flask", crew: "Crew | None") -> None:
    from marketplace.embedded.process import write_secret
    from marketplace.seed.accounts import DEMO_ACCOUNTS
    from marketplace.seed.fill import seed_if_empty

    seed_if_empty(app, crew=crew)
    if _data_dir().is_dir():
        # The supervisor shows them, and reads them here to stay small.
        write_secret(_data_dir() / _ACCOUNTS, json.dumps(DEMO_ACCOUNTS))


@main.command("search-rebuild")
def search_rebuild() -> None:
    """Build the search index anew; the old one answers until it is done."""
    app = _make_app()
    from marketplace.core.db import transaction
    from marketplace.core.registry import resolve
    from search.ports import ProductIndex
    from search.services import rebuild_index

    with app.app_context(), click.progressbar(length=0, label="Indexing", show_pos=True) as bar:

        def tick(count: int) -> None:
            bar.length = (bar.length or 0) + count
            bar.update(count)

        with transaction() as session:
            total = rebuild_index(session=session, index=resolve(ProductIndex), tick=tick)
    click.echo(f"{total} products are in the index.")


@main.command("create-user")
@click.option("--name", prompt=True, help="As colleagues know the person.")
@click.option("--phone", default="", help="Vietnamese mobile number; either this or an e-mail address.")
@click.option("--email", default="", help="E-mail address.")
@click.option("--role", type=click.Choice(["buyer", "officer", "operator"]), prompt=True)
@click.option("--commune", default="", help="Five-digit code of an officer's commune.")
@click.option("--title", default="", help="What an officer is called in public.")
@click.password_option(help="At least 8 characters.")
def create_user(**given: str) -> None:
    """Make an account for an officer, an operator or a buyer. Households join by themselves."""
    app = _make_app()
    from marketplace.accounts.passwords import hash_password
    from marketplace.accounts.rules import Role
    from marketplace.accounts.services import create_user as create
    from marketplace.core.clock import utcnow
    from marketplace.core.db import transaction
    from marketplace.core.errors import DomainError
    from marketplace.core.forms import parse_phone
    from sellers.queries import get_commune_by_code

    if len(given["password"]) < _MIN_PASSWORD:
        message = f"at least {_MIN_PASSWORD} characters"
        raise click.BadParameter(message, param_hint="--password")
    try:
        with app.app_context(), transaction() as session:
            commune = get_commune_by_code(session, given["commune"]) if given["commune"] else None
            create(
                session=session,
                name=given["name"],
                phone=parse_phone(given["phone"]) if given["phone"] else None,
                email=given["email"] or None,
                password_hash=hash_password(given["password"]),
                roles={Role(given["role"])},
                now=utcnow(),
                commune_id=commune.id if commune else None,
                title=given["title"],
            )
    except (DomainError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{given['name']} can sign in now.")


@main.command("close-account")
@click.argument("login")
@click.option("--yes", is_flag=True, help="Do not ask.")
def close_account(login: str, *, yes: bool) -> None:
    """Close the account of LOGIN (phone or e-mail). An officer's signing keys are revoked in the log."""
    app = _make_app()
    from marketplace.accounts.services import close_account as close
    from marketplace.core.clock import utcnow
    from marketplace.core.db import transaction

    with app.app_context():
        person_id, name = _find_person(login)
        if not yes:
            click.confirm(f"Close the account of {name}?", abort=True)
        with transaction() as session:
            close(session=session, user_id=person_id, now=utcnow())
    click.echo(f"{name} cannot sign in any more.")


@main.command("revoke-key")
@click.argument("login")
@click.option("--yes", is_flag=True, help="Do not ask.")
def revoke_key(login: str, *, yes: bool) -> None:
    """Revoke the signing keys of the officer LOGIN; an officer who stays gets a new key at the next signature."""
    app = _make_app()
    from marketplace.accounts.queries import load_actor
    from marketplace.core.clock import utcnow
    from marketplace.core.db import db, transaction
    from marketplace.core.registry import resolve
    from traceability.ports import Signatory
    from traceability.services.log import revoke_keys_of

    with app.app_context():
        person_id, name = _find_person(login)
        party = load_actor(db.session(), person_id).party
        if not yes:
            click.confirm(f"Revoke the keys of {name}? The log will say so for ever.", abort=True)
        with transaction() as session:
            count = revoke_keys_of(
                session, party=party, by=None, reason="operator", signatory=resolve(Signatory), now=utcnow()
            )
    click.echo(f"{count} keys of {name} are revoked.")


@main.command("erase")
@click.option("--account", default="", help="Phone or e-mail of the account to erase.")
@click.option("--household", default="", help="Code of the household to erase, with its own people.")
@click.option("--named", default="", help="Name or phone of somebody who only stands in notes, e.g. a supplier.")
@click.option("--reason", type=click.Choice(["asked", "guardian", "named", "authority"]), required=True)
@click.option("--operator", required=True, help="Phone or e-mail of the operator who writes the request down.")
@click.option("--second", default="", help="The operator who carries it out; needed when there are several.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(account: str, household: str, named: str, reason: str, operator: str, second: str, *, yes: bool) -> None:  # noqa: PLR0917
    """Erase a person's data for good. Everything sealed stays, names nobody, and still verifies."""
    given = [kind for kind, text in (("account", account), ("household", household), ("named", named)) if text]
    if len(given) != 1:
        message = "give exactly one of --account, --household, --named"
        raise click.UsageError(message)
    app = _make_app()
    from marketplace.core.errors import DomainError
    from marketplace.desk.command import erase_by_command

    try:
        with app.app_context():
            who = {"operator_id": _find_person(operator)[0], "second_id": _find_person(second or operator)[0]}
            subject_id = _find_person(account)[0] if account else None
            told = erase_by_command(
                subject=given[0], subject_id=subject_id, typed=household or named, reason=reason, **who,
                is_sure=lambda what: yes or click.confirm(what),
            )  # fmt: skip
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    click.echo(told)


@main.command("load-ingredients")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--version", "name", required=True, help="What this edition is called, e.g. 75/2025.")
@click.option("--source", required=True, help="Where it comes from, e.g. the circular and its annex.")
def load_ingredients(file: Path, name: str, source: str) -> None:
    """Put a list of active ingredients into force: CSV with the columns name and rule (permitted or banned)."""
    app = _make_app()
    from marketplace.core.clock import utcnow
    from marketplace.core.db import transaction
    from marketplace.core.errors import DomainError
    from traceability.rules.ingredients import read_list
    from traceability.services.sale_gate import load_ingredients as load

    try:
        given = read_list(file.read_text("utf-8"), version=name, source=source)
        with app.app_context(), transaction() as session:
            is_new = load(session=session, given=given, now=utcnow())
    except (DomainError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{len(given.permitted)} permitted, {len(given.banned)} banned." if is_new else "In force already.")


def _find_person(login: str) -> tuple[int, str]:
    from marketplace.accounts.forms import read_login
    from marketplace.accounts.queries import find_person
    from marketplace.core.db import db

    phone, email = read_login(login)
    person = find_person(db.session(), phone=phone, email=email)
    if person is None:
        message = f"nobody signs in as {login}"
        raise click.ClickException(message)
    return person.id, person.name


@main.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(*, yes: bool) -> None:
    """Stop the stack of this folder and delete all its data."""
    from marketplace.embedded.stack import supervisor_of

    data_dir = _data_dir()
    if not data_dir.exists():
        click.echo(f"There is nothing in {data_dir}.")
        return
    if not (data_dir / "lock").exists():
        message = f"{data_dir} was not made by the marketplace; nothing was deleted"
        raise click.ClickException(message)
    if not yes:
        click.confirm(f"Delete all data in {data_dir}?", abort=True)
    pid = supervisor_of(data_dir)
    if pid is not None:
        click.echo(f"Stopping the marketplace (process {pid}) ...")
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_LIMIT_S
        while supervisor_of(data_dir) is not None:
            if time.monotonic() > deadline:
                message = f"process {pid} does not stop; nothing was deleted"
                raise click.ClickException(message)
            time.sleep(0.1)
    _clear_servers(data_dir)
    shutil.rmtree(data_dir)
    click.echo(f"{data_dir} is gone. The next start makes a new market.")


@main.command("check-config")
def check_config() -> None:
    """Say what is missing or unsafe for a server on the open internet; exit 1 if anything is."""
    from marketplace.config import from_environment, list_problems

    try:
        problems = list_problems(from_environment(os.environ))
    except ValueError as error:
        problems = [f"A number is expected: {error}."]
    for problem in problems:
        click.echo(f"- {problem}")
    if problems:
        sys.exit(1)
    click.echo("Nothing is missing.")


def _print_welcome(stack: "Stack", *, with_accounts: bool) -> None:
    lines = ["", f"  Shop:        {stack.web_url}/"]
    if stack.simulators_url:
        lines.append(f"  Simulators:  {stack.simulators_url}/   (carrier, bank, card payments, mailbox)")
    if with_accounts:
        accounts = json.loads((stack.data_dir / _ACCOUNTS).read_text("utf-8"))
        lines += ["", "  Sign in as:"]
        widths = [max(len(account[column]) for account in accounts) for column in range(2)]
        lines += [f"    {label:<{widths[0]}}  {login:<{widths[1]}}  {password}" for label, login, password in accounts]
    print("\n".join([*lines, "", "  Ctrl-C stops everything.", ""]), flush=True)


def _data_dir() -> Path:
    return Path(os.environ.get("MARKETPLACE_DATA_DIR") or _ROOT / "var").absolute()


def _find_servers() -> None:
    """Take the addresses from the environment, or from the stack that runs in another terminal."""
    if not os.environ.get("DATABASE_URL"):
        from marketplace.embedded.stack import environment_of_running

        os.environ.update(environment_of_running(_data_dir()))
    missing = [name for name in ("DATABASE_URL", "BROKER_URL", "SECRET_KEY") if not os.environ.get(name)]
    if missing:
        message = f"{', '.join(missing)} not set, and no stack runs on {_data_dir()} (start one: marketplace up)."
        raise click.ClickException(message)


def _make_app() -> "Flask":
    _find_servers()
    from marketplace.app import create_app

    return create_app()


def _become(*arguments: str) -> NoReturn:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - the process becomes the server


def _clear_servers(data_dir: Path) -> None:
    """End what a killed supervisor may have left running on the data that is about to go."""
    from marketplace.embedded import process

    for path in (data_dir, data_dir / "valkey", data_dir / "postgres"):
        process.clear_left_behind(path / "running.json", first=signal.SIGINT)
