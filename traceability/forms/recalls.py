"""Forms of a recall: its beginning, what was done, what the notice says, what came back."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, StopValidation, ValidationError

from marketplace.core.errors import DomainError
from marketplace.core.forms import BaseForm, ReplaySafeForm, Required
from traceability.forms.diary import AmountField, DayField, choices_of
from traceability.rules.entries import MAX_NOTE, MAX_SHORT, PHONE
from traceability.rules.recalls import MAX_WHY_LEFT, MAX_WORDS, OUTCOMES, REMEDIES, SOURCES

MAX_NOTICE = 200
_TOO_LONG = _l("Đoạn này quá dài. Hãy viết ngắn lại.")
_TOO_LONG_WORDS = _l("Đoạn này quá dài. Tối đa 500 ký tự.")
_CHOOSE = _l("Hãy chọn một mục trong danh sách.")


def _short(label: str) -> StringField:
    return StringField(label, validators=[Optional(), Length(max=MAX_SHORT, message=_TOO_LONG)])


def _choice(label: str, labels: Mapping[str, str]) -> RadioField:
    return RadioField(
        label,
        choices=choices_of(labels, labels),
        validators=[InputRequired(message=_CHOOSE)],
        invalid_choice_message=_CHOOSE,
        invalid_value_message=_CHOOSE,
    )


def _told(label: str, missing: str) -> TextAreaField:
    return TextAreaField(label, validators=[Required(missing), Length(max=MAX_WORDS, message=_TOO_LONG_WORDS)])


_PLACES = _l("Nhận lại hàng ở đâu?")
_CONTACT = _l("Điện thoại để hỏi")
_UNTIL = _l("Nhận đến hết ngày nào?")
_NO_PLACES = _l("Hãy ghi nơi nhận lại hàng, ví dụ Nhà văn hóa thôn 3.")
_NO_CONTACT = _l("Hãy ghi số điện thoại của ủy ban xã để người mua hỏi, ví dụ 0237 3812 345.")
_NO_DAY = _l("Hãy chọn ngày.")


def _check_contact(_form: Any, field: Any) -> None:
    """A telephone has to be in it; who answers may stand before it."""
    if field.data and not PHONE.search(field.data):
        raise ValidationError(_NO_CONTACT)


class _NeededForReturn:
    """Asked only when goods have to be brought back: then the first letter says where."""

    def __init__(self, missing: str) -> None:
        self.required = Required(missing)

    def __call__(self, form: Any, field: Any) -> None:
        """Ask for it, or pass over what was typed."""
        if form.remedy.data == "return":
            self.required(form, field)
        else:
            field.errors = []
            raise StopValidation


class RecallForm(ReplaySafeForm):
    """A recall or its drill."""

    kind = _choice(_l("Thu hồi thật hay diễn tập?"), {"drill": _l("Diễn tập"), "real": _l("Thu hồi thật")})
    reason = _told(_l("Vì sao thu hồi?"), _l("Hãy ghi vì sao thu hồi."))
    instruction = _told(_l("Người mua phải làm gì?"), _l("Hãy ghi người mua phải làm gì với hàng."))
    remedy = _choice(_l("Người mua nhận lại tiền thế nào?"), REMEDIES)
    places = TextAreaField(_PLACES, validators=[_NeededForReturn(_NO_PLACES), Length(max=MAX_NOTE, message=_TOO_LONG)])
    contact = StringField(
        _CONTACT,
        validators=[_NeededForReturn(_NO_CONTACT), Length(max=MAX_NOTICE, message=_TOO_LONG), _check_contact],
    )
    until_on = DayField(_UNTIL, validators=[_NeededForReturn(_NO_DAY)])
    #: The code of the lot, from the second question: a real recall cannot be undone.
    sure = HiddenField(validators=[Optional()])


class RecallStepForm(ReplaySafeForm):
    """Something that a recall demands was done."""

    step = HiddenField(_l("Việc"), validators=[Length(max=16, message=_CHOOSE)])
    note = _short(_l("Ghi thêm"))

    def add_error(self, error: DomainError) -> None:
        """Show what is wrong with the step above the list: nobody sees the field that names it."""
        if error.field == "step":
            self.form_errors.append(error.message)
        else:
            super().add_error(error)


class RecallNoticeForm(ReplaySafeForm):
    """What the notice says beyond what the ledger knows."""

    packing = StringField(_l("Quy cách đóng gói"), validators=[Optional(), Length(max=MAX_NOTICE, message=_TOO_LONG)])
    places = TextAreaField(
        _PLACES,
        validators=[
            Required(_NO_PLACES),
            Length(max=MAX_NOTE, message=_TOO_LONG),
        ],
    )
    contact = StringField(
        _CONTACT,
        validators=[
            Required(_NO_CONTACT),
            Length(max=MAX_NOTICE, message=_TOO_LONG),
            _check_contact,
        ],
    )
    until_on = DayField(_UNTIL, validators=[Required(_NO_DAY)])


class _LedgerForm(ReplaySafeForm):
    """Two of these stand on one page, so the marks of their fields in it begin differently."""

    id_prefix: ClassVar[str]
    lot = SelectField(_l("Lô nào?"), validators=[InputRequired(message=_CHOOSE)], validate_choice=False)
    quantity = AmountField(_l("Bao nhiêu?"), validators=[Required(_l("Hãy ghi số lượng."))])
    happened_on = DayField(_l("Ngày nào?"), validators=[Required(_l("Hãy chọn ngày."))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.id = f"{self.id_prefix}-{field.id}"

    def offer_lots(self, lots: Iterable[tuple[int, str]]) -> None:
        """Say which lots there are to choose from."""
        self.lot.choices = [SelectChoice(str(lot_id), name) for lot_id, name in lots]


class RecallBackForm(_LedgerForm):
    """Goods came back."""

    id_prefix = "back"
    source = _choice(_l("Hàng từ đâu về?"), SOURCES)
    reference = _short(_l("Số kiện hoặc nơi trả"))


class RecallTreatedForm(_LedgerForm):
    """Goods that came back were dealt with."""

    id_prefix = "treated"
    outcome = _choice(_l("Đã xử lý thế nào?"), OUTCOMES)
    reference = _short(_l("Biên bản số, hoặc nơi xử lý"))


class RecallCloseForm(ReplaySafeForm):
    """The end. What was never collected has to be explained."""

    why_left = TextAreaField(
        _l("Hàng nào chưa thu về, và vì sao?"), validators=[Length(max=MAX_WHY_LEFT, message=_TOO_LONG)]
    )


class SheetForm(BaseForm):
    """Which days the sheet is about. It changes nothing, so it is sent in the address and needs no token."""

    class Meta(BaseForm.Meta):
        """Reads the address."""

        csrf = False

    tu = DayField(_l("Từ ngày"), validators=[Required(_l("Hãy chọn ngày đầu."))])
    den = DayField(_l("Đến ngày"), validators=[Required(_l("Hãy chọn ngày cuối."))])
