"""Forms of the sensors. What a device must hold is decided by the rules, not here."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import IntegerField, RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length

from marketplace.core.errors import Refused
from marketplace.core.forms import BaseForm, ReplaySafeForm, Required
from traceability.rules.sensor_files import MAX_BYTES, read_value
from traceability.rules.sensors import MAX_NAME, write_value


class ValueField(StringField):
    """A measured value, also below nought, with decimal comma or point. Data is a ``Decimal``; what was typed stays."""

    data: Any

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else write_value(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the value."""
        self.data = None
        if valuelist and valuelist[0].strip():
            try:
                self.data = read_value(valuelist[0])
            except Refused as error:
                raise ValueError(error.message) from error


def _limit(label: str) -> ValueField:
    return ValueField(
        label,
        validators=[Required(_l("Hãy ghi một số, ví dụ 32 hoặc 31,5."))],
        render_kw={"inputmode": "text", "autocomplete": "off"},
    )


def _count(label: str) -> IntegerField:
    return IntegerField(
        label,
        validators=[InputRequired(message=_l("Hãy ghi một số tròn."))],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )


class EditDeviceForm(BaseForm):
    """What may be changed of a device later."""

    name = StringField(
        _l("Đặt tên cho cảm biến"),
        validators=[
            Required(_l("Hãy đặt tên, ví dụ Nhiệt độ ô số 1.")),
            Length(max=MAX_NAME, message=_l("Tên này quá dài.")),
        ],
    )
    low_limit = _limit(_l("Thấp nhất là bao nhiêu thì được?"))
    high_limit = _limit(_l("Cao nhất là bao nhiêu thì được?"))
    patience_minutes = _count(_l("Vượt mức bao nhiêu phút thì báo?"))
    silence_hours = _count(_l("Im lặng bao nhiêu giờ thì báo?"))


class DeviceForm(EditDeviceForm, ReplaySafeForm):
    """A new device at a place of the household."""

    site_id = RadioField(
        _l("Cảm biến đặt ở đâu?"),
        validators=[InputRequired(message=_l("Hãy chọn nơi đặt cảm biến."))],
        invalid_choice_message=_l("Hãy chọn một mục trong danh sách."),
    )

    def offer_sites(self, sites: Iterable[tuple[int, str]]) -> None:
        """Say which places there are to choose from."""
        self.site_id.choices = [SelectChoice(str(site_id), name) for site_id, name in sites]


class ReadingsFileForm(BaseForm):
    """A logger's file."""

    file = FileField(_l("Chọn tệp CSV"), render_kw={"accept": ".csv,.txt,text/csv,text/plain"})

    def read(self) -> bytes | None:
        """Return the bytes of the file, one more than is taken at most; None when none was sent."""
        sent = self.file.data
        return sent.read(MAX_BYTES + 1) if isinstance(sent, FileStorage) and sent.filename else None
