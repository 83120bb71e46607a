"""Erasing from the command line: the same request and the same two people as on the operator's page."""

import uuid
from collections.abc import Callable

from marketplace.accounts.queries import load_actor
from marketplace.accounts.rules import Role
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import Refused
from marketplace.core.registry import resolve
from marketplace.desk.erasure import erase, preview_erasure
from sellers.queries import get_household_by_code
from traceability.ports import Signatory
from traceability.queries.erasure import get_erasure
from traceability.services.erasure import ask_erasure


def erase_by_command(
    *,
    subject: str,
    subject_id: int | None,
    typed: str,
    reason: str,
    operator_id: int,
    second_id: int,
    is_sure: Callable[[str], bool],
) -> str:
    """Write a request down, show what it would do, and carry it out; return what happened. Raises ``DomainError``."""
    operator, second = load_actor(db.session(), operator_id), load_actor(db.session(), second_id)
    if not (Role.OPERATOR in operator.roles and Role.OPERATOR in second.roles):
        message = "Chỉ người điều hành mới xóa được dữ liệu."
        raise Refused("not_an_operator", message)
    with transaction() as session:
        if subject == "household":
            subject_id = get_household_by_code(session, typed).id
        erasure_id = ask_erasure(
            session=session,
            subject=subject,
            subject_id=subject_id,
            wanted=typed if subject == "named" else "",
            reason=reason,
            note="",
            asked_by=operator_id,
            key=uuid.uuid4(),
            now=utcnow(),
        )
    with transaction() as session:
        seen = preview_erasure(session, get_erasure(session, erasure_id), now=utcnow())
    what = f"{seen.shown}: {seen.private_details} own notes, {seen.mentions} mentions. Erase for good?"
    if not is_sure(what):
        return f"Nothing was erased; request {erasure_id} waits on the operator's page."
    with transaction() as session:
        done = erase(
            session=session,
            erasure_id=erasure_id,
            photos=(),
            operator=second,
            signatory=resolve(Signatory),
            now=utcnow(),
        )
    if done.state == "waiting":
        return f"Duties under law go first; request {erasure_id} is approved and runs by itself when they have ended."
    return f"Erased: {done.destroyed} private contents. {done.kept_reason}".strip()
