"""Run every attack and print who noticed; exit code 1 when one went unnoticed. ``make tamper-drill``."""

import shutil
import sys
import tempfile
import uuid
from pathlib import Path

from marketplace.embedded import postgres
from tests.conftest import create_tables
from tests.tamper.attacks import ATTACKS
from tests.tamper.drill import Outcome, run_attack
from tests.tamper.stage import build_stage


def main() -> int:
    """Run the drill on a PostgreSQL of its own."""
    folder = Path(tempfile.mkdtemp(prefix="tamper-drill-"))
    server = postgres.start(folder / "postgres", fsync=False)
    try:

        def copy_database(source: str | None) -> str:
            name = f"d_{uuid.uuid4().hex}"
            if source is None:
                url = server.create_database(name)
                create_tables(url)
                return url
            return server.create_database(name, template=source.rsplit("/", 1)[1])

        print("Building a market, its log, and a copy for each attack ...", flush=True)
        stage = build_stage(folder, copy_database)
        control = run_attack(stage, None)
        if control.findings:
            print("The market is not even whole before the attacks:", *control.findings, sep="\n  ")
            return 1
        outcomes = []
        for number, attack in enumerate(ATTACKS, 1):
            outcomes.append(run_attack(stage, attack))
            _tell(number, outcomes[-1])
        return _sum_up(outcomes)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _tell(number: int, outcome: Outcome) -> None:
    attack = outcome.attack
    assert attack is not None
    print(f"\n{number:>2}. {attack.name}  [{attack.by} administrator; the keeper {outcome.keeper}]")
    if not outcome.findings:
        print("    NOT NOTICED", flush=True)
    seen = set()
    for finding in outcome.findings:
        if finding.detector not in seen:
            seen.add(finding.detector)
            print(f"    {finding.detector:<17} {finding.sentence}")
    print(f"    at the checkpoint of {outcome.checkpoint}, {outcome.seconds:.1f} s after looking began", flush=True)


def _sum_up(outcomes: list[Outcome]) -> int:
    missed = [one.attack.name for one in outcomes if one.attack is not None and not one.findings]
    print(f"\n{len(outcomes)} attacks, {len(outcomes) - len(missed)} noticed by a stranger with one older checkpoint.")
    for name in missed:
        print(f"NOT NOTICED: {name}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
