"""The tamper drill in small: a copy in peace shows nothing, and attacks of each kind are noticed."""

import re

import pytest

from tests.tamper.attacks import ATTACKS
from tests.tamper.drill import run_attack
from tests.tamper.staged import staged

#: All of them: ``make tamper-drill``.
_HERE = {
    "change a record, reseal its chain and rewrite the leaves": "no longer holds|holds another|not in the log",
    "forge a verification with a key of one's own, announced to the log": "without the signature of the market",
    "mark a lot as verified without any verification": "as verified; by its entries it is recorded",
    "mark packs of a lot that nobody verified as verified": "as verified; by its entries it is recorded",
    "mark a held lot as verified again": "as verified; by its entries it is held",
    "mark a held lot as verified again and unlink the record that holds it": "is HELD by the log; its page does not",
    "take away the reason for which a lot is held": "another reason for holding the lot",
    "mark a recalled lot as verified and forget its recall": "as verified; by its entries it is recalled",
    "mark a recalled lot as verified and unlink every record and order of its recall": "is RECALLED by the log",
    "move the best-before day of a lot": "another best-before day than its entries",
    "say that an officer entered what a household did": "another role of who entered it",
    "destroy the salt of what a household said of itself, without an erasure": "no signed erasure says",
    "put another producer's name on the page of a lot": "names a producer whom the log does not name",
    "put another producer's name on the page of a lot and into the version behind the log": "is not what was logged",
    "forge a recall": "nobody has signed this recall",
    "take new entries out of the queue while the keeper rests": "waited too long for their place",
    "swap a photo's file": "the photo shown is not the one entered",
    "rewrite history and sign the fork with the log's key": "no longer those of your older checkpoint",
    "replace the log's key and sign everything anew": "none of the expected keys has signed",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with staged(tmp_path_factory.mktemp("drill")) as found:
        yield found


def test_there_are_at_least_a_dozen_attacks():
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 12


@pytest.mark.slow
def test_a_copy_left_in_peace_shows_nothing(stage):
    assert run_attack(stage, None).findings == []


@pytest.mark.slow
@pytest.mark.parametrize("name", _HERE)
def test_an_attack_is_noticed(stage, name):
    attack = next(one for one in ATTACKS if one.name == name)
    outcome = run_attack(stage, attack)
    assert any(re.search(_HERE[name], finding.sentence) for finding in outcome.findings), outcome.findings
