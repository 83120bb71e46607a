"""Periodic work on the chain of custody."""

import structlog

from marketplace.core.db import transaction
from marketplace.core.tasks import task
from traceability.queries.chain import list_chained_households, verify_chain

log = structlog.get_logger(__name__)


class BrokenChainError(RuntimeError):
    """Sealed records no longer agree with their hashes: somebody has touched the database."""


@task("traceability.verify_chains", queue="default")
def verify_chains(**_: object) -> None:
    """Recompute every household's chain; a broken one fails the task, so that the operator sees it."""
    with transaction() as session:
        households = list_chained_households(session)
    broken = []
    for household_id in households:
        with transaction() as session:
            state = verify_chain(session, household_id)
        if not state.is_intact:
            log.error("chain_broken", household_id=household_id, seq=state.broken_seq)
            broken.append(f"{household_id}@{state.broken_seq}")
    if broken:
        message = f"chains broken (household@record): {', '.join(broken)}"
        raise BrokenChainError(message)
