"""Tells officers and households what happened to lots and in barns: on their desks, and by e-mail when it is urgent."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from flask import current_app
from sqlalchemy.orm import Session

from marketplace.accounts.queries import find_person_by_id, list_household_user_ids, list_officer_user_ids
from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.notices import put_on_desk, queue_email
from marketplace.core.photos import delete_files
from marketplace.core.tasks import once, task
from marketplace.desk.erasure import finish_erasures as end_erasures
from sellers.queries import get_household
from traceability.queries.lots import list_lots
from traceability.queries.sensors import find_alert
from traceability.rules.sensor_words import tell_alert, tell_calm

#: Codes that fit into one line of a notice.
_CODES_NAMED = 3


def _tell(session: Session, users: Iterable[int], *, key: str, subject: str, text: str, link: str) -> None:
    for user_id in users:
        put_on_desk(
            session, key=f"{key}:{user_id}", user_id=user_id, subject=subject, text=text, link=link, now=utcnow()
        )


@task("desk.tell_officers_waiting", queue="default")
def tell_officers_waiting(
    *, delivery_id: int, lot_id: int, code: str, household_id: int, commune_id: int, **_: object
) -> None:
    """Tell the officers of a commune that a lot waits for them."""
    with once(delivery_id) as session:
        if session is None:
            return
        household = get_household(session, household_id)
        _tell(
            session,
            list_officer_user_ids(session, commune_id),
            key=f"waiting:{lot_id}:{delivery_id}",
            subject=f"Lô {code} chờ xác nhận",
            text=f"Hộ {household.shown_name} đã gửi lô {code} để xã xác nhận.",
            link=f"/xa/lo/{code}",
        )


@task("desk.tell_household_verified", queue="default")
def tell_household_verified(
    *, delivery_id: int, lot_id: int, code: str, household_id: int, officer_title: str, **_: object
) -> None:
    """Tell a household that its lot may be sold."""
    with once(delivery_id) as session:
        if session is None:
            return
        _tell(
            session,
            list_household_user_ids(session, household_id),
            key=f"verified:{lot_id}:{delivery_id}",
            subject=f"Lô {code} đã được xác nhận",
            text=f"{officer_title} đã xác nhận lô {code}. Bạn có thể đưa lô này lên bán.",
            link=f"/so-tay/lo/{code}",
        )


@task("desk.tell_household_sent_back", queue="default")
def tell_household_sent_back(
    *,
    delivery_id: int,
    lot_id: int,
    code: str,
    household_id: int,
    officer_title: str,
    reason: str,
    **_: object,
) -> None:
    """Tell a household that its lot came back, and why."""
    with once(delivery_id) as session:
        if session is None:
            return
        _tell(
            session,
            list_household_user_ids(session, household_id),
            key=f"sent-back:{lot_id}:{delivery_id}",
            subject=f"Lô {code} cần bổ sung",
            text=f"{officer_title} trả lại lô {code}: {reason}",
            link=f"/so-tay/lo/{code}",
        )


@task("desk.tell_household_held", queue="default")
def tell_household_held(*, delivery_id: int, lot_ids: list[int], household_id: int, reason: str, **_: object) -> None:
    """Tell a household that lots may not be sold for the time being."""
    with once(delivery_id) as session:
        if session is None:
            return
        _tell(
            session,
            list_household_user_ids(session, household_id),
            key=f"held:{delivery_id}",
            subject="Có lô hàng tạm dừng bán",
            text=f"{len(lot_ids)} lô hàng của hộ tạm dừng bán. Lý do: {reason}",
            link="/so-tay",
        )


@task("desk.tell_officers_held", queue="default")
def tell_officers_held(*, delivery_id: int, reason: str, verified_ids: list[int], **_: object) -> None:
    """Tell a commune that lots which it had verified are held: the diary says something else by now."""
    with once(delivery_id) as session:
        if session is None:
            return
        for lot in sorted(list_lots(session, verified_ids).values(), key=lambda one: one.id):
            _tell(
                session,
                list_officer_user_ids(session, lot.commune_id),
                key=f"officers-held:{lot.id}:{delivery_id}",
                subject=f"Lô {lot.code} đã xác nhận nay bị tạm giữ",
                text=f"Lô {lot.code} mà xã đã xác nhận nay bị tạm giữ. Lý do: {reason}",
                link=f"/xa/lo/{lot.code}",
            )


@task("desk.tell_households_recalled", queue="default")
def tell_households_recalled(
    *, delivery_id: int, lot_ids: list[int], household_ids: list[int], reason: str, **_: object
) -> None:
    """Tell every household whose lots are recalled, and what a seller has to do; buyers are told something else."""
    with once(delivery_id) as session:
        if session is None:
            return
        lots = sorted(list_lots(session, lot_ids).values(), key=lambda lot: lot.id)
        for household_id in household_ids:
            codes = [lot.code for lot in lots if lot.household_id == household_id]
            _tell(
                session,
                list_household_user_ids(session, household_id),
                key=f"recalled:{delivery_id}:{household_id}",
                subject=f"Xã thu hồi {_name_lots(codes)}",
                text=(
                    f"Lý do: {reason.rstrip(' .')}. Hãy ngừng bán và ngừng giao hàng của lô này ngay, cất riêng phần "
                    "còn lại và giữ nguyên tem, rồi chờ cán bộ xã hướng dẫn. Chợ báo cho người đã mua."
                ),
                link=f"/so-tay/lo/{codes[0]}" if codes else "/so-tay",
            )


def _name_lots(codes: Sequence[str]) -> str:
    """Return codes as part of a sentence, the first few by name."""
    more = len(codes) - _CODES_NAMED
    return f"lô {', '.join(codes[:_CODES_NAMED])}" + (f" và {more} lô khác" if more > 0 else "")


@task("desk.tell_officers_prefix", queue="default")
def tell_officers_prefix(
    *, delivery_id: int, household_id: int, commune_id: int, prefix: str, prefix_id: int, **_: object
) -> None:
    """Tell the officers of a commune that a household claims a GS1 company prefix."""
    with once(delivery_id) as session:
        if session is None:
            return
        household = get_household(session, household_id)
        _tell(
            session,
            list_officer_user_ids(session, commune_id),
            key=f"prefix-claimed:{prefix_id}",
            subject=f"Mã doanh nghiệp GS1 {prefix} chờ xem giấy",
            text=f"Hộ {household.shown_name} khai mã doanh nghiệp {prefix}. Hãy xem giấy chứng nhận rồi xác nhận.",
            link="/xa/tem-ma",
        )


@task("desk.tell_household_prefix", queue="default")
def tell_household_prefix(
    *, delivery_id: int, household_id: int, prefix: str, prefix_id: int, is_confirmed: bool, reason: str, **_: object
) -> None:
    """Tell a household what its commune decided on its GS1 company prefix."""
    with once(delivery_id) as session:
        if session is None:
            return
        said = "Từ nay hộ gắn được mã GTIN cho mặt hàng." if is_confirmed else f"Xã chưa xác nhận, vì: {reason}"
        _tell(
            session,
            list_household_user_ids(session, household_id),
            key=f"prefix-decided:{prefix_id}",
            subject=f"Mã doanh nghiệp GS1 {prefix} {'đã được xác nhận' if is_confirmed else 'bị trả lại'}",
            text=said,
            link="/ho-cua-toi/ma-so",
        )


@task("desk.tell_stickers_suspected", queue="default")
def tell_stickers_suspected(
    *, delivery_id: int, lot_id: int, code: str, household_id: int, commune_id: int, kind: str, **_: object
) -> None:
    """Tell a household and its commune that stickers of a lot may have been copied."""
    with once(delivery_id) as session:
        if session is None:
            return
        text = f"Lượt quét tem của lô {code} nhiều bất thường. Có thể tem đã bị chép lại để dán lên hàng khác."
        for users, link in (
            (list_household_user_ids(session, household_id), "/so-tay/tem"),
            (list_officer_user_ids(session, commune_id), "/xa/tem-ma"),
        ):
            _tell(
                session,
                users,
                key=f"stickers:{lot_id}:{kind}:{delivery_id}",
                subject=f"Tem lô {code} có dấu hiệu bị chép",
                text=text,
                link=link,
            )


@task("desk.tell_household_sensor_alert", queue="default")
def tell_household_sensor_alert(*, delivery_id: int, alert_id: int, household_id: int, **_: object) -> None:
    """Tell a household, and whoever helps it, that something is wrong in a barn: on the desk and by e-mail."""
    with once(delivery_id) as session:
        if session is None:
            return
        found = find_alert(session, alert_id)
        if found is None:
            return
        device, alert = found.device, found.alert
        words = tell_alert(
            device.name, device.measure, alert.kind, alert.began_at, alert.extreme_value,
            (device.low_limit, device.high_limit),
        )  # fmt: skip
        _warn(session, household_id, f"sensor:{alert_id}", words.title, words.text, f"/so-tay/cam-bien/{device.id}")


@task("desk.tell_household_sensor_calm", queue="default")
def tell_household_sensor_calm(*, delivery_id: int, alert_id: int, household_id: int, **_: object) -> None:
    """Tell a household that what an alert was about is over."""
    with once(delivery_id) as session:
        if session is None:
            return
        found = find_alert(session, alert_id)
        if found is None or found.alert.ended_at is None:
            return
        words = tell_calm(found.device.name, found.alert.kind, found.alert.began_at, found.alert.ended_at)
        link = f"/so-tay/cam-bien/{found.device.id}"
        _warn(session, household_id, f"sensor-calm:{alert_id}", words.title, words.text, link)


def _warn(session: Session, household_id: int, key: str, subject: str, text: str, link: str) -> None:  # noqa: PLR0917
    users = list_household_user_ids(session, household_id)
    _tell(session, users, key=key, subject=subject, text=text, link=link)
    address = current_app.config["PUBLIC_URL"].rstrip("/") + link
    for user_id in users:
        person = find_person_by_id(session, user_id)
        if person is not None and person.email:
            queue_email(
                session,
                key=f"{key}:{user_id}:email",
                recipient=person.email,
                subject=subject,
                text=f"{text}\n\n{address}\n",
                html=None,
                now=utcnow(),
            )


@task("desk.tell_household_gate_closed", queue="default")
def tell_household_gate_closed(
    *, delivery_id: int, lot_ids: list[int], household_id: int, code: str, reason: str, **_: object
) -> None:
    """Tell a household that a lot on sale no longer meets what the law asks, and what to do."""
    with once(delivery_id) as session:
        if session is None:
            return
        _tell(
            session,
            list_household_user_ids(session, household_id),
            key=f"gate-closed:{lot_ids[0]}:{delivery_id}",
            subject=f"Lô {code} tạm dừng bán",
            text=f"Lô {code} không còn đủ điều kiện bán. {reason} Bổ sung xong là hàng tự lên sàn lại.",
            link=f"/so-tay/lo/{code}",
        )


@task("desk.delete_photo_files", queue="default")
def delete_photo_files(*, delivery_id: int, hashes: list[str], **_: object) -> None:
    """Delete the files of photos that were taken out. Deleting what is gone changes nothing, so it may come first."""
    delete_files(Path(current_app.config["MEDIA_DIR"]), hashes)
    with once(delivery_id):
        pass


@task("desk.finish_erasures", queue="default")
def finish_erasures(**_: object) -> None:
    """Let orders forget people once the law no longer wants them kept."""
    with transaction() as session:
        end_erasures(session=session, now=utcnow())
