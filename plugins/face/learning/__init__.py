"""Learning a metric: encodings in which one person's pictures are near, another's far.

Only NumPy is imported here, so that the web process can read it. What needs a framework is in
``training`` and ``comparison`` (TensorFlow) and ``pair_classifier`` (scikit-learn).
"""

from plugins.face.learning.data import LabelledData, digits
from plugins.face.learning.head import Head
from plugins.face.learning.results import (
    CompareStep,
    Comparison,
    PairReport,
    Snapshot,
    TripletStep,
    Verification,
    Working,
)
from plugins.face.learning.settings import TripletSettings

__all__ = [
    "CompareStep",
    "Comparison",
    "Head",
    "LabelledData",
    "PairReport",
    "Snapshot",
    "TripletSettings",
    "TripletStep",
    "Verification",
    "Working",
    "digits",
]
