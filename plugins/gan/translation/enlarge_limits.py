"""How large and how small a picture to enlarge may be. No PyTorch here: the page reads it too."""

from __future__ import annotations

FACTOR = 4
ANSWERS = ("bicubic", "L1 only", "GAN")
MAX_SIDE = 256
"""Of a picture that is enlarged as it is; the answers have four times that."""
MAX_TRUTH = 640
"""Of a picture that is shrunk first and compared with."""
MIN_SIDE = 16
"""Of what the networks are given."""
