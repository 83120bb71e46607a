"""E-mail over SMTP (RFC 5321), with the standard library's client."""

import smtplib
from email.message import EmailMessage
from email.utils import formatdate

from marketplace.core.errors import Unavailable
from marketplace.core.ports import Letter, Sending

_TIMEOUT_S = 15


class SmtpMailer:
    """Hands letters to one mail server; STARTTLS and log-in when they are configured."""

    def __init__(
        self, *, host: str, port: int, sender: str, username: str = "", password: str = "", use_tls: bool = False
    ) -> None:
        self._host, self._port, self._sender = host, port, sender
        self._username, self._password, self._use_tls = username, password, use_tls

    def send(self, letter: Letter) -> Sending:
        """Send one letter. A break after the body was sent is ``UNKNOWN``: it may have arrived."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, letter.recipient, letter.subject
        mail["Date"], mail["Message-ID"] = formatdate(localtime=False), letter.message_id
        mail.set_content(letter.text)
        if letter.html:
            mail.add_alternative(letter.html, subtype="html")
        try:
            server = smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_S)
        except (OSError, smtplib.SMTPException) as error:
            raise self._unavailable() from error
        with server:
            try:
                if self._use_tls:
                    server.starttls()
                if self._username:
                    server.login(self._username, self._password)
            except (OSError, smtplib.SMTPException) as error:
                raise self._unavailable() from error
            return self._hand_over(server, mail)

    def _hand_over(self, server: smtplib.SMTP, mail: EmailMessage) -> Sending:
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused:
            return Sending.REFUSED
        except smtplib.SMTPResponseException as error:
            # 4xx asks to come back later (RFC 5321, 4.2.1); 5xx is for good.
            if 400 <= error.smtp_code < 500:
                raise self._unavailable() from error
            return Sending.REFUSED
        except (OSError, smtplib.SMTPException):
            return Sending.UNKNOWN
        return Sending.DONE

    def _unavailable(self) -> Unavailable:
        message = "Máy chủ thư chưa nhận thư. Hệ thống sẽ gửi lại sau."
        return Unavailable("mail_unavailable", message)
