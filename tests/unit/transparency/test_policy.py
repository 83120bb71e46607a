"""Whose cosignatures are enough."""

import itertools

import pytest

from transparency.note import COSIGNATURE, ED25519, Signer, new_signer, open_note, sign_note
from transparency.policy import Policy, PolicyError, find_cosigners

LOG = new_signer("log.example")
WITNESSES = {name: new_signer(f"{name}.example", COSIGNATURE) for name in ("X1", "X2", "X3", "Y1", "Y2", "Y3")}
#: The example of C2SP tlog-policy.
EXAMPLE = "\n".join([
    "# who watches",
    f"log {LOG.verifier().to_text()} https://log.example/",
    "",
    *(f"witness\t{name}  {signer.verifier().to_text()}" for name, signer in list(WITNESSES.items())[:3]),
    "group X-witnesses 2 X1 X2 X3",
    *(f" witness {name} {signer.verifier().to_text()} http://{name}/ " for name, signer in list(WITNESSES.items())[3:]),
    "group Y-witnesses any Y1 Y2 Y3",
    "  # both",
    "group X-and-Y all X-witnesses Y-witnesses",
    "quorum X-and-Y",
])  # fmt: skip


def vkey(name):
    return WITNESSES[name].verifier().to_text()


def test_the_published_example_means_two_of_three_and_one_of_three():
    policy = Policy.parse(EXAMPLE)
    assert [log.url for log in policy.logs] == ["https://log.example/"]
    assert [one.url for one in policy.witnesses] == [None, None, None, "http://Y1/", "http://Y2/", "http://Y3/"]
    assert policy.needs_witnesses
    for count in range(7):
        for names in itertools.combinations(WITNESSES, count):
            enough = sum(name[0] == "X" for name in names) >= 2 and any(name[0] == "Y" for name in names)
            assert policy.is_met_by(names) == enough


def test_true_cosignatures_count_and_others_do_not():
    policy = Policy.parse(EXAMPLE)
    text = "log.example\n1\nx\n"
    note = sign_note(text, [LOG, WITNESSES["X1"], WITNESSES["Y2"]], at=7)
    stranger = new_signer("X2.example", COSIGNATURE).sign(text, at=7)
    false = WITNESSES["X3"].sign("log.example\n2\nx\n", at=7)
    opened = open_note(note + stranger.to_text() + false.to_text(), [LOG.verifier()])
    found = find_cosigners(policy, opened)
    assert {name: line.cosigned_at for name, line in found.items()} == {"X1": 7, "Y2": 7}
    assert not policy.is_met_by(found)


def test_nobody_is_needed():
    policy = Policy.parse("quorum none\n")
    assert policy.is_met_by([])
    assert not policy.needs_witnesses


def test_a_single_witness_is_a_quorum():
    policy = Policy.parse(f"witness w {vkey('X1')}\nquorum w\n")
    assert not policy.is_met_by([])
    assert policy.is_met_by(["w"])


def test_other_bytes_than_ascii_are_names_like_any_other():
    policy = Policy.parse(f"witness Sở-NN {vkey('X1')}\nwitness \u212a {vkey('X2')}\nquorum \u212a\n".encode())
    assert [one.name for one in policy.witnesses] == ["Sở-NN", "\u212a"]
    assert not policy.is_met_by(["K"])
    assert Policy.parse(b"# \xff\nquorum none\n").quorum == "none"


SAME_KEY = Signer("second.example", WITNESSES["X1"].seed, COSIGNATURE).verifier().to_text()
PLAIN = Signer("X1.example", WITNESSES["X1"].seed, ED25519).verifier().to_text()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "no quorum"),
        (f"witness w {vkey('X1')}\n", "no quorum"),
        ("quorum none\nquorum none\n", "line 2"),
        ("quorum w\n", "line 1"),
        (f"quorum w\nwitness w {vkey('X1')}\n", "line 1"),
        ("quorum\n", "line 1"),
        ("quorum none none\n", "line 1"),
        (f"witness none {vkey('X1')}\nquorum none\n", "line 1"),
        (f"witness w {vkey('X1')}\nwitness w {vkey('X2')}\nquorum none\n", "line 2"),
        (f"witness w {vkey('X1')}\nwitness v {SAME_KEY}\nquorum none\n", "line 2"),
        (f"witness w {PLAIN}\nquorum none\n", "line 1"),
        ("witness w\nquorum none\n", "line 1"),
        ("witness w x+1+y\nquorum none\n", "line 1"),
        (f"log {vkey('X1')}\nquorum none\n", "line 1"),
        (f"log {LOG.verifier().to_text()}\nlog {LOG.verifier().to_text()}\nquorum none\n", "line 2"),
        ("log\nquorum none\n", "line 1"),
        (f"witness w {vkey('X1')}\ngroup g 2 w\nquorum g\n", "line 2"),
        (f"witness w {vkey('X1')}\ngroup g 0 w\nquorum g\n", "line 2"),
        (f"witness w {vkey('X1')}\ngroup g 01 w\nquorum g\n", "line 2"),
        (f"witness w {vkey('X1')}\ngroup g some w\nquorum g\n", "line 2"),
        (f"witness w {vkey('X1')}\ngroup g any\nquorum g\n", "line 2"),
        (f"witness w {vkey('X1')}\ngroup g any w w\nquorum g\n", "line 2"),
        (f"witness w {vkey('X1')}\ngroup g any w\ngroup h any w\nquorum h\n", "line 3"),
        ("group g any g\nquorum g\n", "line 1"),
        (f"witness w {vkey('X1')}\ngroup w any w\nquorum w\n", "line 2"),
        ("group g any none\nquorum g\n", "line 1"),
        ("witnesses 3\nquorum none\n", "line 1"),
        ("quorum none\r\n", "control"),
        ("quorum none\x00\n", "control"),
    ],
    ids=itertools.count(),
)
def test_what_is_no_policy(text, line):
    with pytest.raises(PolicyError, match=line):
        Policy.parse(text)
