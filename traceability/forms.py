"""Forms of the field diary, of lots, and of the officer's desk."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace.core.forms import PhotosField, QuantityField, ReplaySafeForm, Required, VietnameseDateField
from marketplace.core.quantity import UNITS
from traceability.rules.entries import MAX_NOTE, MAX_SHORT, OPERATORS
from traceability.rules.templates import INCOMING_LABELS, TEMPLATES, WORK_LABELS
from traceability.rules.waiting import MAX_DAYS

_SHORT = Length(max=MAX_SHORT, message=f"Tối đa {MAX_SHORT} ký tự.")
_NOTE = Length(max=MAX_NOTE, message=f"Tối đa {MAX_NOTE} ký tự.")
_UNITS = [(unit.code, unit.label) for unit in UNITS.values()]


def _pick(message: str) -> InputRequired:
    return InputRequired(message)


class DiaryForm(ReplaySafeForm):
    """Parent of entries with photos: what was sent before an error is kept under its hash."""

    photos = PhotosField(_l("Ảnh"))
    kept_photos = HiddenField(validators=[Optional(), Length(max=600)])


class SeasonForm(ReplaySafeForm):
    """A new season, batch or flock."""

    template = RadioField(
        _l("Bạn làm gì?"),
        choices=[(template.code, template.label) for template in TEMPLATES.values()],
        validators=[_pick("Hãy chọn một loại.")],
    )
    produce = StringField(
        _l("Tên cây, con hoặc hàng làm ra"), validators=[Required("Hãy ghi tên, ví dụ lúa Nếp cái hoa vàng."), _SHORT]
    )
    site_id = SelectField(_l("Ở đâu?"), coerce=int, validators=[_pick("Hãy chọn nơi sản xuất.")])
    started_on = VietnameseDateField(_l("Bắt đầu ngày nào?"), validators=[Required("Hãy chọn ngày bắt đầu.")])


class IncomingForm(DiaryForm):
    """Seed, breed or another input."""

    what = RadioField(_l("Nhập gì?"), validators=[_pick("Hãy chọn thứ đã nhập.")])
    name = StringField(_l("Tên, như ghi trên bao bì"), validators=[Required("Hãy ghi tên."), _SHORT])
    happened_on = VietnameseDateField(_l("Ngày nhập"), validators=[Required("Hãy chọn ngày.")])
    amount = QuantityField(_l("Số lượng"), validators=[Optional()])
    unit = SelectField(_l("Đơn vị"), choices=_UNITS, default="kg")
    supplier = StringField(_l("Mua của ai"), validators=[Optional(), _SHORT])
    paper_no = StringField(_l("Số hóa đơn, giấy kiểm dịch"), validators=[Optional(), _SHORT])
    supplier_lot = StringField(_l("Mã lô của nơi bán"), validators=[Optional(), _SHORT])
    note = TextAreaField(_l("Ghi thêm"), validators=[Optional(), _NOTE])

    def offer(self, kinds: tuple[str, ...]) -> None:
        """Offer what is used in this kind of farming, then the rest."""
        others = [kind for kind in INCOMING_LABELS if kind not in kinds]
        self.what.choices = [(kind, INCOMING_LABELS[kind]) for kind in (*kinds, *others)]


class WorkForm(DiaryForm):
    """Work that was done. Sprays and medicine also ask for the waiting period on the label."""

    kind = HiddenField(validators=[_pick("Hãy chọn việc đã làm.")])
    happened_on = VietnameseDateField(_l("Làm ngày nào?"), validators=[Required("Hãy chọn ngày.")])
    product = StringField(_l("Dùng loại nào"), validators=[Optional(), _SHORT])
    ingredient = StringField(_l("Hoạt chất"), validators=[Optional(), _SHORT])
    dose = StringField(_l("Liều lượng"), validators=[Optional(), _SHORT])
    target = StringField(_l("Để trị gì"), validators=[Optional(), _SHORT])
    waiting_days = IntegerField(
        _l("Thời gian cách ly (ngày)"),
        validators=[
            Optional(),
            NumberRange(0, MAX_DAYS, message=f"Số ngày cách ly từ 0 đến {MAX_DAYS}."),
        ],
    )
    amount = QuantityField(_l("Số lượng"), validators=[Optional()])
    unit = SelectField(_l("Đơn vị"), choices=_UNITS, default="kg")
    operator = RadioField(_l("Ai làm?"), choices=list(OPERATORS.items()), default="household")
    note = TextAreaField(_l("Ghi thêm"), validators=[Optional(), _NOTE])

    def validate_kind(self, field: Any) -> None:
        """Refuse work that nobody knows."""
        if field.data not in WORK_LABELS:
            message = "Hãy chọn việc đã làm."
            raise ValueError(message)


class HarvestForm(DiaryForm):
    """A harvest, slaughter or making."""

    happened_on = VietnameseDateField(_l("Ngày"), validators=[Required("Hãy chọn ngày.")])
    amount = QuantityField(_l("Được bao nhiêu?"), validators=[Required("Hãy ghi số lượng.")])
    unit = SelectField(_l("Đơn vị"), choices=_UNITS, default="kg")
    best_before_on = VietnameseDateField(_l("Dùng tốt nhất trước ngày"), validators=[Optional()])
    grade = StringField(_l("Phẩm cấp"), validators=[Optional(), _SHORT])
    note = TextAreaField(_l("Ghi thêm"), validators=[Optional(), _NOTE])


class CloseForm(ReplaySafeForm):
    """The end of a season."""

    closed_on = VietnameseDateField(_l("Kết thúc ngày"), validators=[Required("Hãy chọn ngày.")])


class PackForm(DiaryForm):
    """Part of a lot becomes packs."""

    taken = QuantityField(_l("Lấy từ lô"), validators=[Required("Hãy ghi lượng lấy ra.")])
    amount = QuantityField(_l("Được bao nhiêu gói"), validators=[Required("Hãy ghi số gói.")])
    unit = SelectField(_l("Đóng thành"), choices=_UNITS, default="goi")
    happened_on = VietnameseDateField(_l("Ngày đóng gói"), validators=[Required("Hãy chọn ngày.")])
    best_before_on = VietnameseDateField(_l("Dùng tốt nhất trước ngày"), validators=[Optional()])


class SplitForm(ReplaySafeForm):
    """Part of a lot becomes a lot of its own."""

    amount = QuantityField(_l("Tách ra bao nhiêu?"), validators=[Required("Hãy ghi lượng tách ra.")])
    happened_on = VietnameseDateField(_l("Ngày tách"), validators=[Required("Hãy chọn ngày.")])


class MergeForm(ReplaySafeForm):
    """Another lot of the same goods is mixed in."""

    other_id = SelectField(_l("Gộp với lô"), coerce=int, validators=[_pick("Hãy chọn lô để gộp.")])
    happened_on = VietnameseDateField(_l("Ngày gộp"), validators=[Required("Hãy chọn ngày.")])


class LossForm(DiaryForm):
    """Part of a lot is lost."""

    amount = QuantityField(_l("Hao hụt bao nhiêu?"), validators=[Required("Hãy ghi lượng hao hụt.")])
    reason = StringField(_l("Vì sao"), validators=[Required("Hãy ghi vì sao hao hụt."), _SHORT])
    happened_on = VietnameseDateField(_l("Ngày"), validators=[Required("Hãy chọn ngày.")])


class CorrectionForm(WorkForm):
    """A diary entry as it should have been, and why."""

    reason = StringField(_l("Vì sao sửa?"), validators=[Required("Hãy ghi vì sao sửa."), _SHORT])


class IncomingCorrectionForm(IncomingForm):
    """What came in as it should have been written, and why."""

    reason = StringField(_l("Vì sao sửa?"), validators=[Required("Hãy ghi vì sao sửa."), _SHORT])


class WithdrawForm(ReplaySafeForm):
    """Why an entry should not stand."""

    reason = StringField(_l("Vì sao bỏ dòng này?"), validators=[Required("Hãy ghi vì sao."), _SHORT])


class DecisionForm(ReplaySafeForm):
    """An officer's yes; the key makes it count once."""


class SendBackForm(ReplaySafeForm):
    """An officer's no, with what the household has to add."""

    reason = TextAreaField(
        _l("Hộ cần bổ sung gì?"), validators=[Required("Hãy ghi lý do để hộ biết phải bổ sung gì."), _SHORT]
    )


class RecallForm(ReplaySafeForm):
    """A recall: why, and what buyers have to do."""

    reason = StringField(_l("Vì sao thu hồi?"), validators=[Required("Hãy ghi vì sao thu hồi."), _SHORT])
    instruction = StringField(
        _l("Người mua phải làm gì?"), validators=[Required("Hãy ghi người mua phải làm gì với hàng."), _SHORT]
    )
    is_drill = BooleanField(_l("Chỉ diễn tập: không dừng hàng, không báo ai"))
