"""A picture of what the style transfer will give, at once: one pass through a small network.

:func:`matched` gives the photo the paintings' colours, :class:`Preview` their brushwork too. The
transfer starts from it.
"""

from __future__ import annotations

from plugins.style.preview.colours import matched
from plugins.style.preview.painter import Preview

__all__ = ["Preview", "matched"]
