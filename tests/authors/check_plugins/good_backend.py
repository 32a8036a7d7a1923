"""A backend of no framework."""

import time
from collections.abc import Iterator

import numpy as np

from host import Context


class Good:
    def __init__(self, context: Context) -> None:
        pass

    def brightness(self, picture: np.ndarray) -> float:
        """Mean of an RGB uint8 array (H, W, 3)."""
        return float(picture.mean())

    def repeat(self, text: str, times: int) -> str:
        """``text``, ``times`` times."""
        return text * times

    def count(self) -> Iterator[int]:
        """Numbers from 0, ten a second, for a minute."""
        for number in range(600):
            yield number
            time.sleep(0.1)

    def health(self) -> dict[str, str]:
        return {"model": "none"}
