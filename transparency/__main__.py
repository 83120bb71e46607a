"""Check a lot's proof file, audit a whole log, or run a witness. Needs Python and the package ``cryptography`` only."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from transparency.audit import AuditTrust, audit_log, fetch_from_folder, fetch_from_url
from transparency.lot_proof import Trust, UnreadableError, check_lot_proof
from transparency.note import NoteError, Verifier
from transparency.policy import Policy, PolicyError
from transparency.witness import Witness, WitnessError
from transparency.witness_server import WitnessServer


class _InputError(ValueError):
    """What the person gave cannot be used."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code. 0: holds; 1: something is false; 2: could not be checked."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (_InputError, WitnessError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="transparency", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    verify = commands.add_parser("verify", help="check the proof file of a lot, offline")
    verify.add_argument("file", type=Path, help="the file that the lot's page offers")
    _add_trust(verify)
    verify.add_argument("--photo", type=Path, action="append", default=[], help="a photo that should be the lot's")
    verify.set_defaults(run=_verify)

    audit = commands.add_parser("audit", help="check a whole log, from its address or from a copy of its files")
    audit.add_argument("log", help="https://.../log, or a folder")
    _add_trust(audit)
    audit.set_defaults(run=_audit)

    witness = commands.add_parser("witness", help="cosign checkpoints of other people's logs")
    witness.add_argument("--folder", type=Path, required=True, help="the witness's key and memory; keep it for ever")
    witness.add_argument("--name", required=True, help="what the witness is called, such as so-nnmt.example/witness")
    witness.add_argument("--log", action="append", required=True, help="the key of a log to watch (vkey); repeatable")
    witness.add_argument("--host", default="127.0.0.1", help="where it listens (127.0.0.1)")
    witness.add_argument("--port", type=int, default=8190, help="where it listens (8190; 0: any free one)")
    witness.set_defaults(run=_witness)
    return parser


def _add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--vkey", help="the log's public key, from a source that you trust")
    parser.add_argument("--since", type=Path, help="an older checkpoint that you kept")
    parser.add_argument("--policy", type=Path, help="whose signatures are enough for you (C2SP tlog-policy)")


def _verify(options: argparse.Namespace) -> int:
    trust = Trust(
        vkey=_read_vkey(options.vkey) if options.vkey else None,
        policy=_read_policy(options.policy),
        since=_read_text(options.since),
        photos=[(path.name, path.read_bytes()) for path in options.photo],
    )
    try:
        report = check_lot_proof(options.file.read_bytes(), trust)
    except UnreadableError as error:
        raise _InputError(str(error)) from error
    sys.stdout.write(report.to_text())
    return report.exit_code


def _audit(options: argparse.Namespace) -> int:
    is_remote = options.log.startswith(("http://", "https://"))
    fetch = fetch_from_url(options.log) if is_remote else fetch_from_folder(Path(options.log))
    spelt = options.vkey
    if spelt is None:
        spelt = (fetch("vkey") or b"").decode("utf-8", "replace").strip()
        print(f"The log's key is taken from the log itself: {spelt}. Compare it with one from elsewhere.")
    report = audit_log(
        fetch, AuditTrust(_read_vkey(spelt), since=_read_text(options.since), policy=_read_policy(options.policy))
    )
    sys.stdout.write(report.to_text())
    return report.exit_code


def _witness(options: argparse.Namespace) -> int:
    witness = Witness(options.folder, options.name, [_read_vkey(one) for one in options.log])
    server = WitnessServer((options.host, options.port), witness)
    address = f"http://{options.host}:{server.server_port}"
    print(f"This witness listens on {address}. A line for a log's policy file:")
    print(f"witness {options.name} {witness.verifier.to_text()} {address}", flush=True)

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever()
    server.server_close()
    witness.close()
    return 0


def _read_vkey(text: str) -> Verifier:
    try:
        return Verifier.from_text(text.strip())
    except NoteError as error:
        message = f"This is no key of a log ({text}): {error}."
        raise _InputError(message) from error


def _read_policy(path: Path | None) -> Policy | None:
    if path is None:
        return None
    try:
        return Policy.parse(path.read_bytes())
    except PolicyError as error:
        message = f"The policy {path} cannot be used: {error}."
        raise _InputError(message) from error


def _read_text(path: Path | None) -> str | None:
    try:
        return path.read_text("utf-8") if path is not None else None
    except UnicodeDecodeError as error:
        message = f"{path} is no checkpoint: it is not text."
        raise _InputError(message) from error


if __name__ == "__main__":
    sys.exit(main())
