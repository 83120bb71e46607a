"""What nobody sends a reading for: values that stay outside, and devices that fell silent."""

from datetime import datetime

from sqlalchemy.orm import Session

from traceability.rules.sensors import INSIDE
from traceability.services.readings import lock_device
from traceability.services.sensor_alerts import review_alerts, review_silence


def review_device(*, session: Session, device_id: int, now: datetime) -> None:
    """Look at one device as it is now; raise an alert when something has been wrong for longer than allowed."""
    device = lock_device(session, device_id)
    if device.last_side != INSIDE and device.last_reading_at is not None:
        review_alerts(session, device, since=device.last_reading_at, now=now)
    review_silence(session, device, now)
