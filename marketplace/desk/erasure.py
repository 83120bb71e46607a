"""Erasing a person: one transaction over every package that knows something, and what the law makes us keep.

Duties under law go first. An approved erasure waits for them and is carried out by itself when the last has ended.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from catalog.services.forget import forget_household, forget_reviewer
from marketplace.accounts.queries import (
    count_operators,
    find_person_by_id,
    get_party,
    list_helped_households,
    list_members,
)
from marketplace.accounts.rules import Actor
from marketplace.accounts.services import erase_account
from marketplace.core.clock import local_date
from marketplace.core.errors import Refused
from marketplace.core.notices import forget_notices, put_on_desk
from marketplace.core.outbox import forget_mentions, forget_words
from marketplace.core.photos import remove_photos
from orders.queries.duties import Duties, Duty, of_recalls, read_buyers_duties, read_households_duties
from orders.services.forget import forget_buyer, forget_seller
from sellers.queries import get_household
from sellers.services.erasure import erase_household
from sellers.services.households import suspend_household
from traceability.ports import Signatory
from traceability.queries.erasure import (
    ErasureView,
    count_private_details,
    count_sealed_mentions,
    list_household_photos,
    list_mentioning_households,
    list_mentions,
)
from traceability.queries.recalls import list_open_recalls
from traceability.rules.entries import SYSTEM_ACTOR
from traceability.rules.erasure import ERASED, ERASED_HOUSEHOLD, Wanted, check_four_eyes, describe, read_wanted
from traceability.services.chain import lock_chain
from traceability.services.erasure import (
    Notice,
    destroy_household,
    destroy_mentions,
    end_duty,
    find_party,
    find_waiting,
    finish_erasure,
    let_wait,
    list_ended_duties,
    lock_erasure,
)

#: Contracts are kept three years (drafts under Law 122/2025/QH15 on e-commerce; compare with the decree in force).
KEEP_ORDERS = timedelta(days=3 * 366)
_FREE_WORDS = ("reason", "instruction", "text")


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would do, for the operator to read before pressing."""

    shown: str
    private_details: int
    mentions: int
    sealed_mentions: int
    photos: Sequence[str]
    #: What goes first; the erasure begins by itself once none is left.
    open_duties: Sequence[Duty]
    #: What orders keep by law beyond the erasure, in a sentence; empty for nothing.
    kept_reason: str
    accounts: Sequence[str]
    is_alone: bool
    is_of_operator: bool


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody whose account goes."""

    user_id: int
    name: str
    phone: str | None
    email: str | None


def name_subjects(session: Session, requests: Iterable[ErasureView]) -> dict[int, str]:
    """Return of whom each request is that still waits; of the others nothing is known any more."""
    return {request.id: _shown(session, request) for request in requests if request.is_open}


def preview_erasure(session: Session, request: ErasureView, operator: Actor | None = None, *, now: datetime) -> Preview:
    """Return what erasing would touch, and what goes first. Changes nothing."""
    people = _people(session, request)
    wanted = _wanted(session, request, people)
    household_id = request.subject_id if request.subject == "household" else None
    duties = _duties(session, request, now)
    return Preview(
        shown=_shown(session, request),
        private_details=count_private_details(session, household_id) if household_id else 0,
        mentions=len(list_mentions(session, wanted)),
        sealed_mentions=count_sealed_mentions(session, household_id, wanted) if household_id else 0,
        photos=list_household_photos(session, household_id) if household_id else (),
        open_duties=_open_duties(session, duties, wanted),
        kept_reason=_kept(duties, now)[0],
        accounts=[person.name for person in people],
        is_alone=count_operators(session, without=request.asked_by) == 0,
        is_of_operator=operator is not None and _is_of(operator, people),
    )


def read_own_duties(
    session: Session, *, user_id: int, household_id: int | None, paid_out_at: datetime | None, now: datetime
) -> tuple[Sequence[Duty], str]:
    """Return what goes before erasing an account, or a household, and what orders keep by law beyond it."""
    duties = (
        read_households_duties(session, household_id, paid_out_at=paid_out_at, today=local_date(now))
        if household_id is not None
        else _account_duties(session, user_id, now)
    )
    return duties.open, _kept(duties, now)[0]


def erase(
    *,
    session: Session,
    erasure_id: int,
    photos: Collection[str],
    operator: Actor,
    signatory: Signatory,
    now: datetime,
) -> ErasureView:
    """Erase what was asked for, in this one transaction; asking again changes nothing.

    As long as duties under law are open nothing is erased: the request is approved and waits, and a household stops
    selling. Raises ``NotFound``; ``Refused``: ``four_eyes``, ``erasure_of_oneself``, ``erasure_was_refused``.
    """
    request = lock_erasure(session, erasure_id)
    if request.state in {"done", "waiting"}:
        return request
    if request.state == "refused":
        message = "Yêu cầu này đã bị từ chối. Hãy nhập yêu cầu mới."
        raise Refused("erasure_was_refused", message)
    operator_id = operator.user_id or 0
    check_four_eyes(
        asked_by=request.asked_by,
        done_by=operator_id,
        other_operators=count_operators(session, without=request.asked_by),
    )
    people = _people(session, request)
    if _is_of(operator, people):
        raise Refused("erasure_of_oneself", "Bạn đang dùng chính tài khoản này. Hãy nhờ người điều hành khác xóa.")
    duties = _duties(session, request, now)
    wanted = _wanted(session, request, people)
    open_duties = _open_duties(session, duties, wanted)
    if open_duties:
        let_wait(session, erasure_id, photos=photos, approved_by=operator_id, now=now)
        _stop_selling(session, request)
        _tell_waiting(session, request, people, open_duties, now)
        return lock_erasure(session, erasure_id)
    _carry_out(session, request, duties, photos, approved_by=operator_id, signatory=signatory, now=now)
    return lock_erasure(session, erasure_id)


def run_waiting(*, session: Session, erasure_id: int, signatory: Signatory, now: datetime) -> bool:
    """Carry out an approved erasure when its last duty has ended; return whether it was. Repeatable."""
    request = find_waiting(session, erasure_id)
    if request is None:
        return False
    duties = _duties(session, request, now)
    if _open_duties(session, duties, _wanted(session, request, _people(session, request))):
        return False
    _carry_out(
        session, request, duties, request.photos, approved_by=request.approved_by or 0, signatory=signatory, now=now
    )
    return True


def _carry_out(
    session: Session,
    request: ErasureView,
    duties: Duties | None,
    photos: Collection[str],
    *,
    approved_by: int,
    signatory: Signatory,
    now: datetime,
) -> None:
    people = _people(session, request)
    wanted = _wanted(session, request, people)
    commitments: list[str] = []
    pictures: list[str] = []
    party = None
    if request.subject == "household" and request.subject_id is not None:
        party, commitments, pictures = _erase_household(session, request.subject_id, people, photos, request.id, now)
    elif request.subject == "account" and request.subject_id is not None:
        party = get_party(session, request.subject_id)
    for person in people:
        erase_account(session=session, user_id=person.user_id, shown_as=ERASED, now=now)
    if duties is not None:
        forget_reviewer(session=session, consignment_refs=duties.consignments, shown_as=ERASED)
    commitments += destroy_mentions(session, wanted, now=now)
    if not wanted.is_nobody:
        forget_mentions(session, _FREE_WORDS, wanted.is_in)
    forget_notices(
        session,
        user_ids=[person.user_id for person in people],
        addresses=[person.email for person in people if person.email],
        words=[],
    )
    kept_reason, kept_until = _kept(duties, now)
    notice = Notice(
        commitments=commitments,
        photos=remove_photos(session, pictures, now=now),
        party=party,
        operator=get_party(session, approved_by),
        is_four_eyes=request.asked_by != approved_by,
        kept_reason=kept_reason,
        kept_until=kept_until,
    )
    finish_erasure(session, request.id, notice, done_by=approved_by, signatory=signatory, now=now)


def _stop_selling(session: Session, request: ErasureView) -> None:
    """Take a household that is to be erased off sale: each new order would be a new duty."""
    if request.subject != "household" or request.subject_id is None:
        return
    if get_household(session, request.subject_id).is_verified:
        suspend_household(session=session, household_id=request.subject_id, is_suspended=True)


def _tell_waiting(
    session: Session, request: ErasureView, people: Sequence[_Person], duties: Sequence[Duty], now: datetime
) -> None:
    told = " ".join(f"{duty.text} Giữ {duty.until}." for duty in duties)
    for person in people:
        put_on_desk(
            session,
            key=f"erasure-waits:{request.id}:{person.user_id}",
            user_id=person.user_id,
            subject="Yêu cầu xóa dữ liệu đã được nhận",
            text=f"{told} Xong các việc này là chợ tự xóa, bạn không phải xin lại.",
            link="/tai-khoan/xoa-du-lieu",
            now=now,
        )


def _erase_household(  # noqa: PLR0917 - whose, with whom, which pictures, under which key, when
    session: Session,
    household_id: int,
    people: Sequence[_Person],
    photos: Collection[str],
    erasure_id: int,
    now: datetime,
) -> tuple[str | None, list[str], list[str]]:
    lock_chain(session, household_id)
    household = get_household(session, household_id)
    own = frozenset(list_household_photos(session, household_id))
    key = uuid.uuid5(uuid.NAMESPACE_OID, f"erasure-{erasure_id}")
    forget_household(session=session, household_id=household_id, actor=SYSTEM_ACTOR, key=key, now=now)
    pictures = erase_household(session=session, household_id=household_id, shown_as=ERASED_HOUSEHOLD, now=now)
    commitments = destroy_household(session, household_id, now=now)
    forget_words(session, household_id, _FREE_WORDS)
    names = [household.shown_name, household.representative, *(person.name for person in people)]
    forget_notices(session, user_ids=[], addresses=[], words=[name for name in names if len(name) > _SHORT])
    return find_party(session, household_id), commitments, [*pictures, *(photo for photo in photos if photo in own)]


#: A word this short in a letter to others says nothing about anybody.
_SHORT = 5


def _people(session: Session, request: ErasureView) -> list[_Person]:
    """Return whose accounts go: the person's own, or those of a household who belong to no other."""
    if request.subject_id is None:
        return []
    if request.subject == "account":
        ids = [request.subject_id]
    else:
        ids = [
            member.user_id
            for member in list_members(session, request.subject_id)
            if member.kind == "own"
            and all(one.household_id == request.subject_id for one in list_helped_households(session, member.user_id))
        ]
    found = [find_person_by_id(session, user_id) for user_id in ids]
    return [_Person(one.id, one.name, one.phone, one.email) for one in found if one is not None]


def _is_of(operator: Actor, people: Sequence[_Person]) -> bool:
    return operator.user_id in {person.user_id for person in people}


def _wanted(session: Session, request: ErasureView, people: Sequence[_Person]) -> Wanted:
    if request.subject == "named":
        return read_wanted(request.wanted) if request.wanted else describe(())
    names = [person.name for person in people]
    phones = [person.phone for person in people if person.phone]
    if request.subject == "household" and request.subject_id is not None:
        household = get_household(session, request.subject_id)
        names.append(household.representative)
        phones.append(household.phone)
    return describe([name for name in names if " " in name.strip() and not name.startswith(ERASED)], phones)


def _duties(session: Session, request: ErasureView, now: datetime) -> Duties | None:
    if request.subject_id is None:
        return None
    if request.subject == "household":
        return read_households_duties(
            session, request.subject_id, paid_out_at=request.paid_out_at, today=local_date(now)
        )
    return _account_duties(session, request.subject_id, now)


def _account_duties(session: Session, user_id: int, now: datetime) -> Duties:
    """Return a buyer's duties, and those of a household that has nobody else to answer for it."""
    duties = read_buyers_duties(session, user_id)
    for home in list_helped_households(session, user_id):
        if home.kind != "own":
            continue
        own = [member.user_id for member in list_members(session, home.household_id) if member.kind == "own"]
        if own == [user_id] and not get_household(session, home.household_id).is_erased:
            others = read_households_duties(session, home.household_id, paid_out_at=now, today=local_date(now))
            answer_for = tuple(duty for duty in others.open if duty.code != "traceability")
            duties = replace(duties, open=(*duties.open, *answer_for))
    return duties


def _open_duties(session: Session, duties: Duties | None, wanted: Wanted) -> Sequence[Duty]:
    """Return what goes first. A recall needs the notes on suppliers in the diaries that it reached, too."""
    own = duties.open if duties is not None else ()
    if own or wanted.is_nobody:
        return own
    return of_recalls(list_open_recalls(session, list_mentioning_households(session, wanted)))


def _kept(duties: Duties | None, now: datetime) -> tuple[str, date | None]:
    if duties is None or not duties.kept or duties.last_placed_at is None:
        return "", None
    until = local_date(max(duties.last_placed_at, now - KEEP_ORDERS) + KEEP_ORDERS)
    return (
        f"Giữ {duties.kept} đơn hàng và chứng từ tiền theo luật đến hết ngày {until:%d/%m/%Y}, rồi tự xóa tên.",
        until,
    )


def _shown(session: Session, request: ErasureView) -> str:
    if request.subject == "household" and request.subject_id is not None:
        return get_household(session, request.subject_id).shown_name
    if request.subject == "account" and request.subject_id is not None:
        person = find_person_by_id(session, request.subject_id)
        return person.name if person is not None else ""
    return request.wanted


def finish_erasures(*, session: Session, now: datetime) -> int:
    """Let orders forget people whose time the law wanted is over; return how many erasures that ended. Repeatable."""
    ended = list_ended_duties(session, local_date(now) - timedelta(days=1))
    for request in ended:
        if request.subject == "household" and request.subject_id is not None:
            forget_seller(session=session, household_id=request.subject_id, shown_as=ERASED_HOUSEHOLD)
        elif request.subject_id is not None:
            forget_buyer(session=session, user_id=request.subject_id, shown_as=ERASED)
        end_duty(session, request.id)
    return len(ended)
