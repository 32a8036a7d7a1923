"""Learning a metric: encodings in which one person's pictures are near, another's far.

Only NumPy is imported here, so that the web process can read it. What needs a framework is in
``training`` and ``comparison`` (TensorFlow) and ``pair_classifier`` (scikit-learn).
"""

from plugins.face.learning.data import LabelledData, digits
from plugins.face.learning.head import Head
from plugins.face.learning.options import TripletOptions
from plugins.face.learning.results import (
    CompareStep,
    Comparison,
    PairReport,
    Snapshot,
    TripletStep,
    Verification,
    Working,
)

__all__ = [
    "CompareStep",
    "Comparison",
    "Head",
    "LabelledData",
    "PairReport",
    "Snapshot",
    "TripletOptions",
    "TripletStep",
    "Verification",
    "Working",
    "digits",
]
