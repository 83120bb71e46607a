"""One attack after the other, each on a fresh copy."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.keeper.keeping import LogContradictedError
from tests.tamper.attacks import Attack
from tests.tamper.detectors import Finding, detect, tell_checkpoint
from tests.tamper.stage import Stage
from transparency.note import NoteError
from transparency.tiles import TileError


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attack, what was found, at which published checkpoint, and how long looking took."""

    attack: Attack | None
    findings: Sequence[Finding]
    checkpoint: str
    seconds: float
    keeper: str


def run_attack(stage: Stage, attack: Attack | None) -> Outcome:
    """Copy the market, attack the copy (or leave it in peace), let its keeper work on, and let the stranger look."""
    market = stage.copy()
    try:
        keeper = "signs on"
        if attack is not None:
            attack.do(market, stage)
        if attack is None or attack.keeper_runs:
            try:
                market.keep()
            except (LogContradictedError, TileError, NoteError) as error:
                keeper = f"refuses: {error}"
        else:
            keeper = "is stopped"
        begun = time.perf_counter()
        findings = detect(market.look, stage.stranger)
        return Outcome(attack, findings, tell_checkpoint(market.look), time.perf_counter() - begun, keeper)
    finally:
        with contextlib.suppress(Exception):
            market.close()
