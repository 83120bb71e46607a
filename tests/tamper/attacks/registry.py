"""What an attack is, and the list of them all."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.factories.log import KeptMarket
from tests.tamper.stage import Stage


@dataclass(frozen=True, slots=True)
class Attack:
    """What is done, by whom, and whether the keeper runs afterwards."""

    name: str
    by: str
    do: "Callable[[KeptMarket, Stage], None]"
    keeper_runs: bool = True


ATTACKS: list[Attack] = []
Doing = Callable[[KeptMarket, Stage], None]


def attack(name: str, by: str = "database", *, keeper_runs: bool = True) -> Callable[[Doing], Doing]:
    """Add a function to the list of attacks."""

    def add(do: Doing) -> Doing:
        ATTACKS.append(Attack(name, by, do, keeper_runs))
        return do

    return add
