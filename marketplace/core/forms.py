"""Form fields that read what people in Viet Nam type, and say in Vietnamese what is wrong with it."""

import uuid
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import phonenumbers
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import Field, HiddenField, StringField
from wtforms.validators import InputRequired, StopValidation, ValidationError
from wtforms.widgets import TextInput

from marketplace.core.errors import DomainError
from marketplace.core.money import Vnd, format_vnd, parse_vnd
from marketplace.core.quantity import format_number as format_amount
from marketplace.core.quantity import parse_amount

MAX_PHOTOS = 6
_CHOOSE = "Hãy chọn một mục trong danh sách."
_WHOLE = "Hãy nhập một số tròn bằng chữ số, ví dụ 7."
#: What WTForms says by itself, where a field brings no sentence of its own.
_SENTENCES = {
    "Not a valid integer value.": _WHOLE,
    "Not a valid decimal value.": "Hãy nhập một số, ví dụ 12 hoặc 12,5.",
    "Not a valid float value.": "Hãy nhập một số, ví dụ 12 hoặc 12,5.",
    "Not a valid date value.": "Hãy nhập ngày theo dạng ngày/tháng/năm, ví dụ 25/11/2026.",
    "Not a valid choice.": _CHOOSE,
    "Invalid Choice: could not coerce.": _CHOOSE,
    "This field is required.": "Hãy điền ô này.",
    "Number must be at least %(min)s.": "Số này phải từ %(min)s trở lên.",
    "Number must be at most %(max)s.": "Số này không được quá %(max)s.",
    "Number must be between %(min)s and %(max)s.": "Số này phải từ %(min)s đến %(max)s.",
    "Field cannot be longer than %(max)d character.": "Đoạn này dài tối đa %(max)d ký tự.",
    "Field must be between %(min)d and %(max)d characters long.": "Đoạn này dài từ %(min)d đến %(max)d ký tự.",
    "Invalid input.": "Nội dung này chưa đúng. Hãy kiểm tra lại.",
    "Invalid email address.": "Địa chỉ thư chưa đúng, ví dụ lan@thu.vn.",
}


class _Vietnamese:
    """Gives WTForms its sentences; it brings none in Vietnamese."""

    def gettext(self, text: str) -> str:
        return _SENTENCES.get(text, text)

    def ngettext(self, singular: str, plural: str, count: int) -> str:  # noqa: ARG002 - Vietnamese has one form
        return _SENTENCES.get(singular, singular)


class BaseForm(FlaskForm):
    """Parent of every form: CSRF is on, and a domain error can be pinned to the field that caused it."""

    class Meta(FlaskForm.Meta):
        """Drops NUL from every text: nobody types one, and PostgreSQL keeps none. Complains in Vietnamese."""

        def get_translations(self, form: Any) -> _Vietnamese:  # noqa: ARG002 - WTForms calls it so
            """Return the sentences for what WTForms finds wrong by itself."""
            return _Vietnamese()

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Field:
            """Add the filter to a field's own."""
            filters = [*unbound_field.kwargs.get("filters", ()), _drop_nul]
            return unbound_field.bind(form=form, filters=filters, **options)

    def add_error(self, error: DomainError) -> None:
        """Show a domain error beside its field, or above the form when it names none that is here."""
        field = self._fields.get(error.field or "")
        if field is None:
            self.form_errors.append(error.message)
        else:
            field.errors = [*field.errors, error.message]


def _drop_nul(value: Any) -> Any:
    return value.replace("\x00", "") if isinstance(value, str) else value


class ReplaySafeForm(BaseForm):
    """A form that creates something: its hidden key makes a second sending harmless."""

    form_key = HiddenField(default=lambda: str(uuid.uuid4()))

    def validate_form_key(self, field: Field) -> None:
        """Refuse a key that is no UUID."""
        try:
            uuid.UUID(field.data or "")
        except ValueError:
            message = "Biểu mẫu đã cũ. Hãy tải lại trang rồi gửi lại."
            raise ValidationError(message) from None

    @property
    def key(self) -> uuid.UUID:
        """The key as a UUID; valid only after ``validate_on_submit``."""
        return uuid.UUID(self.form_key.data)


class Required(InputRequired):
    """Something must be typed; the sentence says what."""

    def __init__(self, message: str) -> None:
        super().__init__(message)

    def __call__(self, form: Any, field: Field) -> None:  # noqa: ARG002 - WTForms calls it so
        """Stop at emptiness, also at mere white space."""
        raw = field.raw_data
        if raw and (not isinstance(raw[0], str) or raw[0].strip()):
            return
        field.errors = []
        raise StopValidation(self.message)


class _TypedField(StringField):
    """A text field whose data is a value; what was typed stays when it cannot be read."""

    data: Any  # what ``_parse`` of the subclass returns, or None
    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self._write(self.data)

    def _write(self, value: Any) -> str:
        return str(value)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = self._parse(valuelist[0])
        except DomainError as error:
            raise ValueError(error.message) from error

    def _parse(self, typed: str) -> Any:
        raise ValueError(typed)


class MoneyField(_TypedField):
    """Đồng, written as people write them: 35k, 35.000, 1tr2. Data is a ``Vnd``."""

    def __init__(self, *args: Any, minimum: int = 0, maximum: int | None = None, **kwargs: Any) -> None:
        self.minimum = minimum
        self.maximum = maximum
        kwargs.setdefault("render_kw", {"inputmode": "text", "autocomplete": "off", "data-money": ""})
        super().__init__(*args, **kwargs)

    def _write(self, value: Any) -> str:
        return format_vnd(value).removesuffix("đ")

    def _parse(self, typed: str) -> Vnd:
        amount = parse_vnd(typed)
        if amount < self.minimum:
            message = f"Số tiền phải từ {format_vnd(self.minimum)} trở lên."
            raise ValueError(message)
        if self.maximum is not None and amount > self.maximum:
            message = f"Số tiền không được quá {format_vnd(self.maximum)}."
            raise ValueError(message)
        return amount


class QuantityField(_TypedField):
    """A positive amount, decimal comma welcome. Data is a ``Decimal``."""

    def __init__(
        self,
        *args: Any,
        step: Decimal = Decimal("0.001"),
        noun: str = "Số lượng",
        example: str = "12 hoặc 12,5",
        **kwargs: Any,
    ) -> None:
        self.step, self.noun, self.example = step, noun, example
        kwargs.setdefault("render_kw", {"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(*args, **kwargs)

    def _write(self, value: Any) -> str:
        return format_amount(value)

    def _parse(self, typed: str) -> Decimal:
        return parse_amount(typed, step=self.step, noun=self.noun, example=self.example)


class VietnameseDateField(_TypedField):
    """A calendar date: the browser's picker (ISO 8601) or typed dd/MM/yyyy. Data is a ``date``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("render_kw", {"type": "date"})
        super().__init__(*args, **kwargs)

    def _write(self, value: Any) -> str:
        return str(value.isoformat())

    def _parse(self, typed: str) -> date:
        text = typed.strip()
        try:
            if "/" in text:
                day, month, year = (int(part) for part in text.split("/"))
                return date(year, month, day)
            return date.fromisoformat(text)
        except ValueError:
            message = "Hãy nhập ngày theo dạng ngày/tháng/năm, ví dụ 25/11/2026."
            raise ValueError(message) from None


class PhoneField(_TypedField):
    """A Vietnamese mobile number. Data is E.164 (ITU-T), e.g. +84912345678."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("render_kw", {"type": "tel", "inputmode": "tel", "autocomplete": "tel"})
        super().__init__(*args, **kwargs)

    def _write(self, value: Any) -> str:
        return format_phone(str(value))

    def _parse(self, typed: str) -> str:
        return parse_phone(typed)


def parse_phone(typed: str) -> str:
    """Return a Vietnamese mobile number as E.164. Raises ``ValueError`` with a Vietnamese sentence."""
    try:
        number = phonenumbers.parse(typed, "VN")
    except phonenumbers.NumberParseException:
        message = "Hãy nhập số điện thoại, ví dụ 0912 345 678."
        raise ValueError(message) from None
    if not phonenumbers.is_valid_number(number):
        if phonenumbers.is_possible_number(number):
            message = "Số này không còn dùng hoặc bị sai một chữ số. Hãy kiểm tra lại."
        else:
            message = "Số điện thoại phải có 10 chữ số, ví dụ 0912 345 678."
        raise ValueError(message)
    kinds = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
    if phonenumbers.number_type(number) not in kinds:
        message = "Hãy dùng số di động. Số máy bàn và tổng đài không nhận được tin nhắn."
        raise ValueError(message)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def format_phone(number: str) -> str:
    """Write an E.164 number the way it is dialled at home: ``0912 345 678``."""
    try:
        parsed = phonenumbers.parse(number, "VN")
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


class PhotosField(MultipleFileField):
    """Up to six photos. Data is the list of files that were really sent."""

    def process_formdata(self, valuelist: Sequence[FileStorage | str]) -> None:
        """Keep only files with a name and refuse too many. A part sent without a file arrives as text."""
        self.data = [file for file in valuelist if isinstance(file, FileStorage) and file.filename]
        if len(self.data) > MAX_PHOTOS:
            message = f"Mỗi lần chỉ gửi được tối đa {MAX_PHOTOS} ảnh."
            raise ValueError(message)

    def read_all(self) -> list[bytes]:
        """Return the bytes of every photo that was sent."""
        return [file.read() for file in self.data or []]


class PhotoField(FileField):
    """One photo, or none."""

    def read(self) -> bytes | None:
        """Return the bytes of the photo, or None when none was sent."""
        file = self.data
        return file.read() if isinstance(file, FileStorage) and file.filename else None
