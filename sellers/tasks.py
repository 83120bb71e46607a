"""Celery entry points about households."""

from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import transaction
from marketplace.core.tasks import task
from sellers.services import certificates


@task("sellers.expire_certificates", queue="default")
def expire_certificates(**_: object) -> None:
    """Tell of certificates that have run out."""
    with transaction() as session:
        certificates.expire_certificates(session=session, today=local_date(utcnow()))
