"""Whose signatures are enough: logs, witnesses and a quorum in a file (C2SP tlog-policy).

The file is bytes; what is not ASCII is opaque in it. Text is UTF-8 here, and bytes that are not come back as they were.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from transparency.note import COSIGNATURE, ED25519, Note, NoteError, SignatureLine, Verifier

_NONE = "none"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,5}")


class PolicyError(ValueError):
    """The policy file is not such; the message names the line."""


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log that is believed."""

    verifier: Verifier
    url: str | None


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness: its name in this file, its key, and where it can be asked (a tlog-witness submission prefix)."""

    name: str
    verifier: Verifier
    url: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these members have to have witnessed."""

    threshold: int
    members: tuple[str, ...]


@dataclass(slots=True)
class Policy:
    """What is read from the file."""

    logs: list[PolicyLog] = field(default_factory=list)
    witnesses: list[PolicyWitness] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = _NONE

    @classmethod
    def parse(cls, text: str | bytes) -> "Policy":
        """Read a policy. Raises ``PolicyError``."""
        return _Reader().read(text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text)

    def list_cosigners(self, text: str, lines: Sequence[SignatureLine]) -> dict[str, SignatureLine]:
        """Return the witnesses, by their names in this file, whose cosignatures are among a note's lines and true."""
        found = {}
        for witness in self.witnesses:
            for line in lines:
                if witness.verifier.signed(line) and witness.verifier.is_valid(text, line.signature):
                    found[witness.name] = line
                    break
        return found

    def is_met_by(self, names: Collection[str]) -> bool:
        """Say whether the cosignatures of these witnesses are enough."""
        return self.quorum == _NONE or self._has_witnessed(self.quorum, names)

    @property
    def needs_witnesses(self) -> bool:
        """Say whether the quorum asks for anybody at all."""
        return self.quorum != _NONE

    def _has_witnessed(self, name: str, names: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in names
        return sum(self._has_witnessed(member, names) for member in group.members) >= group.threshold


def find_cosigners(policy: Policy, note: Note) -> dict[str, SignatureLine]:
    """Return the witnesses of a policy that truly cosigned an opened note."""
    return policy.list_cosigners(note.text, [*note.verified, *note.others])


class _Reader:
    """Reads line by line; names may only be used below the line that defines them."""

    def __init__(self) -> None:
        self.policy = Policy()
        self.has_quorum = False
        self.members: set[str] = set()

    def read(self, text: str) -> Policy:
        if _CONTROL.search(text):
            raise PolicyError("the file holds control characters")
        steps: Mapping[str, object] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }
        for number, line in enumerate(text.split("\n"), 1):
            words = [word for word in re.split(r"[ \t]+", line) if word]
            if not words or words[0].startswith("#"):
                continue
            step = steps.get(words[0])
            try:
                if not callable(step):
                    _refuse(f"{words[0]!r} is not known")
                else:
                    step(words[1:])
            except (PolicyError, NoteError) as error:
                message = f"line {number}: {error}"
                raise PolicyError(message) from error
        if not self.has_quorum:
            raise PolicyError("there is no quorum line")
        return self.policy

    def _log(self, words: list[str]) -> None:
        if len(words) not in {1, 2}:
            _refuse("log <vkey> [<url>]")
        verifier = Verifier.from_text(words[0])
        if verifier.kind != ED25519:
            _refuse("a log's key has the type of a signature")
        if any(log.verifier.public_key == verifier.public_key for log in self.policy.logs):
            _refuse("this log is there already")
        self.policy.logs.append(PolicyLog(verifier, words[1] if len(words) == 2 else None))

    def _witness(self, words: list[str]) -> None:
        if len(words) not in {2, 3}:
            _refuse("witness <name> <vkey> [<url>]")
        name = words[0]
        self._check_free(name)
        verifier = Verifier.from_text(words[1])
        if verifier.kind != COSIGNATURE:
            _refuse("a witness's key has the type of a cosignature")
        if any(one.verifier.public_key == verifier.public_key for one in self.policy.witnesses):
            _refuse("this witness is there already")
        self.policy.witnesses.append(PolicyWitness(name, verifier, words[2] if len(words) == 3 else None))

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            _refuse("group <name> all|any|<k> <name>...")
        name, rule, *members = words
        self._check_free(name)
        for member in members:
            self._check_known(member)
            if member in self.members:
                _refuse(f"{member} is a member already")
            self.members.add(member)
        threshold = {"all": len(members), "any": 1}.get(rule)
        if threshold is None:
            if not _THRESHOLD.fullmatch(rule) or int(rule) > len(members):
                _refuse(f"{rule!r} is no number of members")
            threshold = int(rule)
        self.policy.groups[name] = Group(threshold, tuple(members))

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1 or self.has_quorum:
            _refuse("there is exactly one line: quorum <name>")
        if words[0] != _NONE:
            self._check_known(words[0])
        self.policy.quorum, self.has_quorum = words[0], True

    def _is_known(self, name: str) -> bool:
        return name in self.policy.groups or any(one.name == name for one in self.policy.witnesses)

    def _check_known(self, name: str) -> None:
        if not self._is_known(name):
            _refuse(f"{name} is not defined above")

    def _check_free(self, name: str) -> None:
        if name == _NONE or self._is_known(name):
            _refuse(f"the name {name} is taken")


def _refuse(message: str) -> None:
    raise PolicyError(message)
