"""A line of the table, and how a benchmark makes its lines and shows them.

Importing this makes the repository's packages and the peers' (``build/peers``) importable.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / "build" / "peers"
sys.path.insert(0, str(ROOT))
sys.path.append(str(PEERS))  # last, so that no package of theirs hides one of the app's

HEAD = "| | Triptych | peer | ratio | runs |\n|---|---|---|---|---|"
_SCALES = {"s": 1.0, "ms": 1e3}


@dataclass(frozen=True)
class Row:
    """What was measured, and what came out.

    ours, peer: medians of ``n`` runs, in ``unit``; None where there is none, or where its goal was
        not reached. against: who the peer is.
    ratio: median over the runs of our time through the peer's; below 1 we are faster.
    spread: quartiles of that ratio; of ``ours`` where there is no peer.
    note: what the numbers do not say.
    """

    what: str
    ours: float | None = None
    peer: float | None = None
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    unit: str = ""
    n: int = 0
    against: str = ""
    note: str = ""

    def __str__(self) -> str:
        """Its line in Markdown; a ratio above 1 is bold."""
        ratio = ""
        if self.ratio is not None:
            ratio = f"{self.ratio:.2f}"
            ratio = f"**{ratio}**" if self.ratio > 1 else ratio
            if self.spread and self.n > 1:
                ratio += f" ({self.spread[0]:.2f}-{self.spread[1]:.2f})"
        ours = self._shown(self.ours) or ("-" if self.peer is not None else "")
        if self.ratio is None and self.spread and self.n > 1:
            ours += f" ({_short(self.spread[0])}-{_short(self.spread[1])})"
        peer = ", ".join(filter(None, [self._shown(self.peer), self.against]))
        what = self.what + (f"; {self.note}" if self.note else "")
        return f"| {what} | {ours} | {peer} | {ratio} | {self.n or ''} |"

    def _shown(self, value: float | None) -> str:
        return "" if value is None else f"{_short(value)} {self.unit}".strip()


def _short(value: float) -> str:
    """Three digits, and no exponent for large numbers."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def compared(
    what: str,
    against: str,
    us: Sequence[float],
    them: Sequence[float],
    unit: str = "s",
    note: str = "",
) -> Row:
    """Seconds of ours and of the peer's, run by run.

    unit: "s", "ms", or what is done in a second, such as "faces/s". The ratio is of times for all.
    """
    ratios = [a / b for a, b in zip(us, them, strict=True)]
    return Row(
        what,
        _in(unit, statistics.median(us)),
        _in(unit, statistics.median(them)),
        statistics.median(ratios),
        _quartiles(ratios),
        unit,
        len(us),
        against,
        note,
    )


def measured(what: str, us: Sequence[float], unit: str = "s", note: str = "") -> Row:
    """Seconds of ours, where there is nothing to compare with."""
    values = [_in(unit, second) for second in us]
    spread = _quartiles(values)
    return Row(what, statistics.median(values), None, None, spread, unit, len(us), note=note)


def _in(unit: str, seconds: float) -> float:
    return 1 / seconds if unit.endswith("/s") else seconds * _SCALES[unit]


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.percentile(values, [25, 75])
    return float(low), float(high)


def report(
    measure: Callable[[argparse.Namespace], Iterator[Row]],
    about: str,
    rounds: int,
    more: Callable[[argparse.ArgumentParser], None] | None = None,
) -> None:
    """A benchmark's own program: prints each row once it is there, and writes --json for run.py.

    rounds: of ours and the peer in turn, unless --rounds says otherwise. more: adds arguments.
    """
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, help=f"runs of ours and the peer in turn ({rounds})")
    parser.add_argument("--quick", action="store_true", help="only to see that it runs")
    parser.add_argument("--json", type=Path, help="write the rows here")
    if more is not None:
        more(parser)
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else rounds)
    rows: list[Row] = []
    print(HEAD, flush=True)
    for row in measure(options):
        rows.append(row)
        print(row, flush=True)
        if options.json:  # each time: what is there stays if the next one fails
            options.json.write_text(json.dumps([asdict(each) for each in rows]), encoding="utf-8")
