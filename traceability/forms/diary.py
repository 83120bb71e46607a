"""Forms of the field diary and of the commune's desk. What an entry must hold is decided by the rules, not here."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace.core.forms import PhotosField, QuantityField, ReplaySafeForm, Required, VietnameseDateField
from marketplace.core.quantity import UNITS
from traceability.rules.entries import MAX_NOTE, MAX_PHOTOS, MAX_SHORT, OPERATORS
from traceability.rules.templates import TEMPLATES
from traceability.rules.waiting import MAX_DAYS

_UNITS = {unit.code: unit.label for unit in UNITS.values()}
_TOO_LONG = _l("Đoạn này quá dài. Hãy viết ngắn lại.")
_CHOOSE = _l("Hãy chọn một mục trong danh sách.")
_NONE: Mapping[str, str] = {}


def _short(label: str) -> StringField:
    return StringField(label, validators=[Optional(), Length(max=MAX_SHORT, message=_TOO_LONG)])


def _choice(label: str, labels: Mapping[str, str] = _NONE, *, required: bool = True) -> RadioField:
    checks = [InputRequired(message=_CHOOSE)] if required else [Optional()]
    return RadioField(
        label,
        choices=choices_of(labels, labels),
        validators=checks,
        invalid_choice_message=_CHOOSE,
        invalid_value_message=_CHOOSE,
    )


def choices_of(codes: Iterable[str], labels: Mapping[str, str]) -> list[SelectChoice]:
    """Return choices in the order of the codes, each once."""
    return [SelectChoice(code, labels[code]) for code in dict.fromkeys(codes)]


def _day(label: str) -> "DayField":
    return DayField(label, validators=[Required(_l("Hãy chọn ngày."))])


class DayField(VietnameseDateField):
    """A day that the form asks for."""

    data: Any


class AmountField(QuantityField):
    """An amount that the form asks for."""

    data: Any


class SeasonForm(ReplaySafeForm):
    """A new season, batch or flock."""

    template = _choice(_l("Làm gì?"), {one.code: one.label for one in TEMPLATES.values()})
    produce = StringField(
        _l("Tên cây, con hoặc hàng làm ra"),
        validators=[
            Required(_l("Hãy ghi tên, ví dụ rau muống hoặc lợn đen.")),
            Length(max=MAX_SHORT, message=_TOO_LONG),
        ],
    )
    site_id = _choice(_l("Ở đâu?"))
    started_on = _day(_l("Bắt đầu ngày nào?"))

    def offer_sites(self, sites: Iterable[tuple[int, str]]) -> None:
        """Say which places there are to choose from."""
        self.site_id.choices = [SelectChoice(str(site_id), name) for site_id, name in sites]


class EntryForm(ReplaySafeForm):
    """What every entry of the diary carries. Photos sent before an error are kept by their hashes."""

    happened_on = _day(_l("Ngày nào?"))
    note = TextAreaField(_l("Ghi thêm"), validators=[Optional(), Length(max=MAX_NOTE, message=_TOO_LONG)])
    photos = PhotosField(_l("Chụp ảnh"))
    kept_photos = HiddenField(validators=[Length(max=65 * MAX_PHOTOS)])


class IncomingForm(EntryForm):
    """What came in."""

    what = _choice(_l("Nhập về thứ gì?"))
    name = StringField(
        _l("Tên giống hoặc vật tư"),
        validators=[
            Required(_l("Hãy ghi tên như trên bao bì.")),
            Length(max=MAX_SHORT, message=_TOO_LONG),
        ],
    )
    amount = AmountField(_l("Bao nhiêu?"), validators=[Optional()])
    unit = _choice(_l("Đơn vị"), _UNITS, required=False)
    supplier = _short(_l("Mua của ai?"))
    paper_no = _short(_l("Số hóa đơn hoặc giấy kiểm dịch"))
    supplier_lot = _short(_l("Số lô trên bao bì"))


class WorkForm(EntryForm):
    """Work in the field, the barn or the kitchen."""

    kind = _choice(_l("Đã làm việc gì?"))
    product = _short(_l("Dùng thứ gì?"))
    amount = AmountField(_l("Bao nhiêu?"), validators=[Optional()])
    unit = _choice(_l("Đơn vị"), _UNITS, required=False)
    operator = _choice(_l("Ai làm?"), OPERATORS)


class TreatmentForm(EntryForm):
    """A spray or a drug, which starts a waiting period."""

    kind = _choice(_l("Dùng thuốc thế nào?"))
    product = StringField(
        _l("Tên thuốc"),
        validators=[
            Required(_l("Hãy ghi tên thuốc như trên nhãn.")),
            Length(max=MAX_SHORT, message=_TOO_LONG),
        ],
    )
    ingredient = _short(_l("Hoạt chất"))
    target = StringField(
        _l("Trị sâu gì, bệnh gì?"),
        validators=[
            Required(_l("Hãy ghi vì sao phải dùng thuốc, ví dụ sâu tơ hoặc ho.")),
            Length(max=MAX_SHORT, message=_TOO_LONG),
        ],
    )
    dose = _short(_l("Liều lượng"))
    waiting_days = IntegerField(
        _l("Cách ly bao nhiêu ngày?"),
        validators=[
            InputRequired(message=_l("Hãy ghi số ngày cách ly trên nhãn thuốc, không có thì ghi 0.")),
            NumberRange(0, MAX_DAYS, message=_l("Số ngày cách ly phải từ 0 đến 365.")),
        ],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    operator = _choice(_l("Ai làm?"), OPERATORS)


class HarvestForm(EntryForm):
    """A harvest, slaughter or making."""

    amount = AmountField(_l("Được bao nhiêu?"), validators=[Required(_l("Hãy ghi số lượng."))])
    unit = _choice(_l("Đơn vị"), _UNITS)
    best_before_on = VietnameseDateField(_l("Hạn sử dụng"), validators=[Optional()])
    grade = _short(_l("Loại"))
    produce = _short(_l("Tên hàng"))
    stated_reason = TextAreaField(
        _l("Vì sao lần này khác thường?"), validators=[Optional(), Length(max=MAX_NOTE, message=_TOO_LONG)]
    )


def _reason(label: str, missing: str) -> StringField:
    return StringField(label, validators=[Required(missing), Length(max=MAX_SHORT, message=_TOO_LONG)])


class _Reason(ReplaySafeForm):
    reason = _reason(_l("Vì sao sửa?"), _l("Hãy ghi vì sao sửa."))


class CorrectIncomingForm(IncomingForm, _Reason):
    """What came in, put right."""


class CorrectWorkForm(WorkForm, _Reason):
    """Work, put right."""


class CorrectTreatmentForm(TreatmentForm, _Reason):
    """A treatment, put right."""


class WithdrawForm(ReplaySafeForm):
    """An entry that should never have been written."""

    reason = _reason(_l("Vì sao gạch đi?"), _l("Hãy ghi vì sao gạch đi."))


class CloseForm(ReplaySafeForm):
    """The end of a season."""

    closed_on = _day(_l("Kết thúc ngày nào?"))


class PackForm(EntryForm):
    """Packs out of a lot."""

    taken = AmountField(_l("Lấy ra bao nhiêu từ lô?"), validators=[Required(_l("Hãy ghi lượng lấy ra."))])
    amount = AmountField(_l("Đóng được bao nhiêu?"), validators=[Required(_l("Hãy ghi số đóng được."))])
    unit = _choice(_l("Đóng thành"), _UNITS)
    content = AmountField(_l("Mỗi gói chứa bao nhiêu?"), validators=[Optional()])
    best_before_on = VietnameseDateField(_l("Hạn sử dụng"), validators=[Optional()])
    produce = _short(_l("Tên hàng sau khi đóng gói"))


class SplitForm(ReplaySafeForm):
    """Up to three parts out of a lot; what is not named stays in it."""

    happened_on = _day(_l("Tách ngày nào?"))
    amount = AmountField(_l("Phần thứ nhất"), validators=[Required(_l("Hãy ghi lượng tách ra."))])
    second = AmountField(_l("Phần thứ hai"), validators=[Optional()])
    third = AmountField(_l("Phần thứ ba"), validators=[Optional()])


class MergeForm(ReplaySafeForm):
    """Amounts of several lots, mixed. The amounts come as fields named after the lots."""

    happened_on = _day(_l("Gộp ngày nào?"))


class LossForm(ReplaySafeForm):
    """Part of a lot that was lost."""

    happened_on = _day(_l("Ngày nào?"))
    amount = AmountField(_l("Mất bao nhiêu?"), validators=[Required(_l("Hãy ghi lượng hao hụt."))])
    reason = StringField(
        _l("Vì sao?"),
        validators=[
            Required(_l("Hãy ghi vì sao hao hụt, ví dụ dập nát khi vận chuyển.")),
            Length(max=MAX_SHORT, message=_TOO_LONG),
        ],
    )
    photos = PhotosField(_l("Chụp ảnh"))
    kept_photos = HiddenField(validators=[Length(max=65 * MAX_PHOTOS)])


class StepForm(ReplaySafeForm):
    """One button."""


class VerifyForm(ReplaySafeForm):
    """An officer signs: for what was read, not for what the button happened to stand beside."""

    has_read = BooleanField(
        _l("Tôi đã đọc sổ và ảnh của lô này"),
        validators=[Required(_l("Hãy đọc sổ và ảnh của lô rồi đánh dấu vào ô này."))],
    )
    reason = TextAreaField(_l("Vì sao vẫn xác nhận?"), validators=[Optional(), Length(max=MAX_NOTE, message=_TOO_LONG)])


class SendBackForm(ReplaySafeForm):
    """A lot goes back to its household."""

    reason = TextAreaField(
        _l("Hộ cần bổ sung gì?"),
        validators=[
            Required(_l("Hãy ghi lý do để hộ biết phải bổ sung gì.")),
            Length(max=MAX_SHORT, message=_TOO_LONG),
        ],
    )
