"""What a check found, in plain sentences."""

from dataclasses import dataclass, field
from enum import Enum


class State(Enum):
    """How one thing turned out."""

    HOLDS = "holds"
    FALSE = "FALSE"
    OPEN = "not checked"


@dataclass(slots=True)
class Report:
    """Findings in the order in which they were made."""

    findings: list[tuple[State, str]] = field(default_factory=list)
    #: What was read, and what no check can tell. No verdict follows from them.
    notes: list[str] = field(default_factory=list)

    def holds(self, sentence: str) -> None:
        """Note that something was checked and is so."""
        self.findings.append((State.HOLDS, sentence))

    def fault(self, sentence: str) -> None:
        """Note that something is false."""
        self.findings.append((State.FALSE, sentence))

    def leaves_open(self, sentence: str) -> None:
        """Note what could not be checked, and what would help."""
        self.findings.append((State.OPEN, sentence))

    def note(self, line: str) -> None:
        """Add a line to be read beside the findings."""
        self.notes.append(line)

    @property
    def faults(self) -> list[str]:
        """What is false."""
        return [sentence for state, sentence in self.findings if state is State.FALSE]

    @property
    def exit_code(self) -> int:
        """0: everything holds; 1: something is false; 2: something that was asked could not be checked."""
        if self.faults:
            return 1
        return 2 if any(state is State.OPEN for state, _ in self.findings) else 0

    def to_text(self) -> str:
        """Return all findings, one a line, the notes, and the verdict."""
        verdict = {
            0: "Everything that was checked holds.",
            1: f"DO NOT RELY ON THIS: {len(self.faults)} thing(s) are false.",
            2: "Nothing false was found, but not everything could be checked.",
        }[self.exit_code]
        width = max(len(state.value) for state in State)
        lines = [f"{state.value:<{width}}  {sentence}" for state, sentence in self.findings]
        notes = ["", *self.notes] if self.notes else []
        return "\n".join([*lines, *notes, "", verdict]) + "\n"


def capital(error: Exception) -> str:
    """Return what an error says, as the beginning of a sentence."""
    text = str(error)
    return text[:1].upper() + text[1:]
