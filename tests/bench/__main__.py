"""``python -m tests.bench``: speed and memory from one run. Prints numbers and asserts none: machines differ."""

import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from marketplace.embedded.stack import Stack
from tests.bench import custody, memory, orders, pages


def main() -> None:
    """Start a stack with invented households in a folder that is thrown away, and measure."""
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}; load before: {os.getloadavg()[0]:.1f}")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="marketplace-bench-") as folder:
        with Stack(data_dir=Path(folder) / "stack", seed=True) as stack:
            print(f"A filled market runs after {time.perf_counter() - started:.1f} s.", flush=True)
            memory.run(stack)
            pages.run(stack)
            stack.stop()
            again = time.perf_counter()
        with Stack(data_dir=Path(folder) / "stack", seed=True):
            print(f"\nThe second start took {time.perf_counter() - again:.1f} s (aim: 10).", flush=True)
        orders.run(Path(folder) / "orders")
        custody.run(Path(folder) / "custody")
    print(f"\nAll of it took {time.perf_counter() - started:.0f} s; load after: {os.getloadavg()[0]:.1f}.")


if __name__ == "__main__":
    sys.exit(main())
