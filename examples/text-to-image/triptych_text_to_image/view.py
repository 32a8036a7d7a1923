"""What the visitor is told."""

from __future__ import annotations

import numpy as np

from .options import Options
from .results import Download, Loading, Made, News

_CELL = 4  # pixels of the page for each of a preview: cells show that it is no finished picture


def words(news: News) -> str:
    """One line of status."""
    if isinstance(news, Download):
        if not news.total:
            return f"Asking the hub for {news.name} …"
        return (
            f"Downloading {news.name}: {news.done / 1e6:.0f} of {news.total / 1e6:.0f} MB "
            f"({news.done / news.total:.0%})."
        )
    if isinstance(news, Loading):
        return f"Loading {news.name} into memory …"
    which = f"Picture {news.number} of {news.count}"
    if isinstance(news, Made):
        if news.blocked:
            return (
                f"{which} was held back by the model's safety checker, which is not always right. "
                "Try another seed or prompt."
            )
        return f"{which} is done, in {news.seconds:.1f} s with seed {news.settings['seed']}."
    left = "" if news.left is None else f", about {news.left:.0f} s left"
    if news.step == news.steps:
        return f"{which}: decoding it{left}."
    return f"{which}, step {news.step} of {news.steps}{left}."


def enlarged(preview: np.ndarray) -> np.ndarray:
    """``preview`` (h, w, 3) with each pixel as a small square."""
    return preview.repeat(_CELL, axis=0).repeat(_CELL, axis=1)


def checker_words(options: Options) -> str:
    """A sentence about the safety checker."""
    if options.safety_checker:
        return " Where a model brings a safety checker, it looks at every finished picture."
    return " The operator has switched the models' safety checkers off."
