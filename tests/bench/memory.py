"""Memory of the idle stack: each process's proportional share (PSS), in which shared pages count once in all."""

import time
from pathlib import Path

from marketplace.embedded.stack import Stack

AIM_MB = 700
_SETTLE_S = 3


def run(stack: Stack) -> None:
    """Print the table of memory; run it before anything loads the stack."""
    time.sleep(_SETTLE_S)
    roots = {name: child.pid for name, child in stack.processes.items()}
    if stack.postgres:
        roots["postgres"] = stack.postgres.process.pid
    if stack.valkey:
        roots["valkey"] = stack.valkey.process.pid
    children = _children()
    print(f"\nMemory of the idle stack (PSS). Aim: at most {AIM_MB} MB.\n")
    print(f"{'process':<12}{'processes':>10}{'MB':>8}")
    total = 0.0
    for name, root in roots.items():
        family = _family(root, children)
        amount = sum(_pss_mb(pid) for pid in family)
        total += amount
        print(f"{name:<12}{len(family):>10}{amount:>8.0f}")
    print(f"{'total':<12}{'':>10}{total:>8.0f}{'' if total <= AIM_MB else '  above the aim'}", flush=True)


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            found.setdefault(parent, []).append(int(entry.name))
    return found


def _family(root: int, children: dict[int, list[int]]) -> list[int]:
    return [root, *(pid for child in children.get(root, ()) for pid in _family(child, children))]


def _pss_mb(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
