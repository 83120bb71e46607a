"""The mail server: our mailer's letters arrive, can be read, and their links work."""

import smtplib
from email.message import EmailMessage

import pytest

from marketplace.core.adapters.smtp import SmtpMailer
from marketplace.core.errors import Unavailable
from marketplace.core.ports import Letter, Sending
from tests.factories.simulators import World

LINK = "http://127.0.0.1:8000/don/abc?x=1&y=2"


def letter(to: str = "lan@thu.example", subject: str = "Đơn hàng của bạn") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Chợ Quê <cho@choque.example>", to, subject
    message.set_content(f"Chào chị Lan,\nXem đơn tại {LINK}.\n")
    link = f'<a href="{LINK.replace("&", "&amp;")}">Xem đơn</a>'
    html = f"<html><head><title>x</title></head><body><p>Chào chị Lan</p>{link}</body></html>"
    message.add_alternative(html, subtype="html")
    return message


def post(world: World, *letters: EmailMessage) -> None:
    with smtplib.SMTP(world.env["SMTP_HOST"], int(world.env["SMTP_PORT"]), timeout=5) as server:
        for one in letters:
            server.send_message(one)


def test_a_letter_arrives_whole(world: World):
    post(world, letter())
    (got,) = world.letters()
    assert (got["to"], got["subject"], got["sender"]) == (["lan@thu.example"], "Đơn hàng của bạn", "cho@choque.example")
    assert got["text"].replace("\r\n", "\n") == f"Chào chị Lan,\nXem đơn tại {LINK}.\n"
    assert "<p>Chào chị Lan</p>" in got["html"]
    assert got["links"] == [LINK]


def test_letters_are_found_by_their_reader_newest_first(world: World):
    post(world, letter(subject="một"), letter("an@thu.example"), letter("LAN@thu.example", subject="hai"))
    assert [got["subject"] for got in world.letters("lan@thu.example")] == ["hai", "một"]
    assert world.letters("nobody@thu.example") == []
    page = world.http.get("/mail/", params={"to": "an@thu.example"}).text
    assert page.count("<tr><td>") == 1


def test_a_letter_is_shown_in_frames_that_run_nothing(world: World):
    post(world, letter())
    number = world.letters()[0]["id"]
    page = world.http.get(f"/mail/{number}").text
    assert page.count('sandbox="allow-popups allow-popups-to-escape-sandbox"') == 2
    for part in ("html", "text"):
        shown = world.http.get(f"/mail/{number}/{part}")
        policy = shown.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "sandbox" in policy
        assert "script-src" not in policy
        assert "allow-scripts" not in policy
        assert '<base target="_blank">' in shown.text
        assert 'href="http://127.0.0.1:8000/don/abc?x=1&amp;y=2"' in shown.text


def test_what_a_letter_says_is_not_taken_for_our_page(world: World):
    bad = letter(subject="<script>alert(1)</script>")
    bad.get_body(("plain",)).set_content("<script>alert(2)</script>")  # type: ignore[union-attr]
    post(world, bad)
    number = world.letters()[0]["id"]
    for path in ("/mail/", f"/mail/{number}", f"/mail/{number}/text"):
        assert "<script>alert" not in world.http.get(path).text


def test_the_mailbox_can_be_emptied(world: World):
    post(world, letter())
    assert world.http.delete("/mail/api/messages").json() == {"messages": []}
    assert world.letters() == []
    post(world, letter())
    assert world.http.post("/mail/clear", data={"clear": "1"}).status_code == 303
    assert world.letters() == []


def test_a_letter_that_is_not_there(world: World):
    assert world.http.get("/mail/999").status_code == 404


@pytest.mark.parametrize(("kind", "code"), [("429", 451), ("500", 550)])
def test_a_mail_server_that_refuses(world: World, kind: str, code: int):
    world.order("mail", "faults", operation="smtp", kind=kind)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        post(world, letter())
    assert refused.value.smtp_code == code
    assert world.letters() == []
    post(world, letter())
    assert len(world.letters()) == 1


OURS = Letter(
    recipient="lan@thu.example",
    subject="Đơn hàng của bạn",
    text="Chào chị Lan",
    html="<p>Chào chị Lan</p>",
    message_id="<mot@choque.example>",
)


@pytest.fixture
def mailer(world: World) -> SmtpMailer:
    sender = "Chợ Quê <khong-tra-loi@choque.example>"
    return SmtpMailer(host=world.env["SMTP_HOST"], port=int(world.env["SMTP_PORT"]), sender=sender)


def test_our_mailer_hands_over_a_letter(world: World, mailer: SmtpMailer):
    assert mailer.send(OURS) is Sending.DONE
    (got,) = world.letters("lan@thu.example")
    assert (got["subject"], got["message_id"], got["sender"]) == (
        "Đơn hàng của bạn",
        "<mot@choque.example>",
        "khong-tra-loi@choque.example",
    )


@pytest.mark.parametrize(
    ("kind", "sending", "kept"),
    [
        ("500", Sending.REFUSED, 0),
        ("drop_after", Sending.UNKNOWN, 1),
        ("timeout_after", Sending.UNKNOWN, 1),
        ("timeout_before", Sending.UNKNOWN, 0),
        ("slow", Sending.DONE, 1),
    ],
)
def test_our_mailer_knows_what_it_cannot_know(world: World, mailer: SmtpMailer, kind: str, sending: Sending, kept: int):
    world.order("mail", "faults", operation="smtp", kind=kind, seconds=0.1)
    assert mailer.send(OURS) is sending
    assert len(world.letters()) == kept


@pytest.mark.parametrize("kind", ["429", "500_after"])
def test_our_mailer_comes_again_when_asked_to(world: World, mailer: SmtpMailer, kind: str):
    world.order("mail", "faults", operation="smtp", kind=kind)
    with pytest.raises(Unavailable):
        mailer.send(OURS)
    assert mailer.send(OURS) is Sending.DONE
