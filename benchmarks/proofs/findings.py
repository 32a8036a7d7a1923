"""What the app answered to malformed input, and what was wrong with it."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Findings:
    """What was answered, and what was wrong, the first request for each."""

    asked: Counter[str] = field(default_factory=Counter)
    results: Counter[str] = field(default_factory=Counter)
    sentences: Counter[str] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, request: str, problem: str, message: Any, is_result: bool) -> None:
        """problem: "" for none."""
        with self._lock:
            self.asked[name] += 1
            if not problem:
                (self.results if is_result else self.sentences)[name] += 1
                return
            key = (name, problem, kind_of(message))
            self.wrong[key] += 1
            shown = f"{request[:400]}\n      -> {str(message)[:400]}"
            if len(shown) < len(self.examples.get(key, "x" * 10_000)):
                self.examples[key] = shown

    def listed(self) -> str:
        """Each kind of trouble once, the most frequent first, with a request that shows it."""
        kinds: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
        for key, _ in self.wrong.most_common():
            kinds.setdefault(key[1:], []).append(key)
        lines = []
        for (problem, _), keys in kinds.items():
            count = sum(self.wrong[key] for key in keys)
            where = ", ".join(sorted({key[0] for key in keys}))
            lines.append(f"- **{problem}** ({count} times; {where[:300]})")
            lines.append("      " + min((self.examples[key] for key in keys), key=len))
        return "\n".join(lines)


def kind_of(message: Any) -> str:
    """The message without what differs from request to request."""
    if isinstance(message, list):  # FastAPI's
        return "; ".join(sorted({str(dict(each).get("msg")) for each in message[:3]}))
    text = re.sub(
        r"^(Value: ).*( is not in the list of choices).*", r"\1…\2", str(message), flags=re.DOTALL
    )
    text = re.sub(r"[0-9a-f]{8,}|\d+(\.\d+)?(e[+-]?\d+)?", "N", text)
    return text.partition("input components")[0].partition("(needed")[0][:60]


def log_traces(log: str) -> str:
    """How often each traceback's last line stands in the log."""
    ends: Counter[str] = Counter()
    for block in log.split("Traceback (most recent call last)")[1:]:
        lines = block.splitlines()[1:]
        end = next((line for line in lines if line and not line.startswith((" ", "|"))), "?")
        place = [line.strip() for line in lines[: lines.index(end)] if "File " in line] or ["?"]
        where = re.sub(r'.*site-packages/|File "', "", place[-1])
        ends[f"{re.sub('[0-9]+', 'N', end)[:140]}  [{where}]"] += 1
    return "\n".join(f"- {count} x {end}" for end, count in ends.most_common(60))
