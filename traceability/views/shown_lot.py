"""Puts together what a lot's page may say, for the page itself and for its proof file."""

from collections.abc import Sequence

from flask_babel import gettext as _

from traceability.queries.lots import LotView
from traceability.queries.records import RecordView
from traceability.rules.shown import LotRow, Shown, SignedEntry, count_kept_treatments, show_lot
from traceability.rules.treatment_summary import TreatmentSummary
from traceability.views.log_files import read_office
from transparency.lot_status import SealedRecord


def read_shown(lot: LotView, story: Sequence[RecordView], signed: Sequence[SignedEntry]) -> Shown:
    """Return what may be shown of a lot, given its story and what officers signed about it."""
    return show_lot(
        LotRow(
            code=lot.code,
            state=lot.state,
            hold_reason=lot.hold_reason,
            best_before_on=lot.best_before_on.isoformat() if lot.best_before_on else None,
            is_record_altered=any(not record.is_as_sealed for record in story),
        ),
        [SealedRecord(record.seq, record.content_hash, record.body, record.declared_seq) for record in story],
        signed,
        read_office(),
    )


def count_kept(shown: Shown, treatments: TreatmentSummary) -> int | None:
    """Return how many treatments the page may say kept their waiting period, given the records as they stand now."""
    broken = () if treatments.is_kept else ("broken",)
    return count_kept_treatments(shown, doubts=[*treatments.doubts, *broken])


def tell_contradictions(shown: Shown) -> list[str]:
    """Return in sentences where the market's tables contradict what was sealed and signed."""
    told: dict[str, str] = {
        "state": _(
            "Chợ đang xếp lô này vào một trạng thái mà sổ không có ghi chép hay chữ ký nào của cán bộ xã cho phép."
        ),
        "hold": _("Lý do tạm giữ mà chợ đang lưu khác với lý do đã niêm phong trong sổ."),
        "best-before": _("Hạn sử dụng mà chợ đang lưu khác với hạn đã niêm phong trong sổ."),
        "record": _("Có bước mà bảng của chợ ghi khác với bản đã niêm phong: người ghi, ngày, việc hoặc hạn cách ly."),
    }
    return [told[word] for word in dict.fromkeys(shown.contradictions) if word in told]
