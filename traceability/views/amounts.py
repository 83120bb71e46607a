"""Amounts of several lots in one form: a field ``lo-<id>`` for each lot, as many as there are."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from flask import request

from marketplace.core.errors import DomainError
from marketplace.core.quantity import parse_amount

_NAME = re.compile(r"lo-([0-9]{1,18})")


@dataclass(slots=True)
class Amounts:
    """What was typed, by lot, and what could be read of it."""

    typed: dict[int, str] = field(default_factory=dict)
    chosen: tuple[tuple[int, Decimal], ...] = ()
    problems: dict[int, str] = field(default_factory=dict)


def read_amounts() -> Amounts:
    """Read the amounts of lots from the request."""
    found = Amounts()
    chosen = []
    for name, typed in request.form.items():
        match = _NAME.fullmatch(name)
        if match is None or not typed.strip():
            continue
        lot_id = int(match[1])
        found.typed[lot_id] = typed[:40]
        try:
            chosen.append((lot_id, parse_amount(typed)))
        except DomainError as error:
            found.problems[lot_id] = error.message
    found.chosen = tuple(sorted(chosen))
    return found
