"""Binds every port to its adapter: the whole outside world on one screen."""

from typing import Any

from marketplace.config import Settings
from marketplace.core.adapters.smtp import SmtpMailer
from marketplace.core.ports import Mailer
from marketplace.core.registry import bind


def wire(settings: Settings) -> dict[Any, Any]:
    """Build the table of adapters for an application. Nothing is called yet: adapters connect when used."""
    adapters: dict[Any, Any] = {}
    mail = settings.mail
    bind(
        adapters,
        Mailer,
        SmtpMailer(
            host=mail.host,
            port=mail.port,
            sender=mail.sender,
            username=mail.username,
            password=mail.password,
            use_tls=mail.use_tls,
        ),
    )
    return adapters
