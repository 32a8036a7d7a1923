"""What makes an answer about a found face less certain, in words.

The limits were set on photos of Labeled Faces in the Wild, so that nearly all of those, which are
ordinary press photos, get no hint.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from plugins.face.alignment import align_by_landmarks
from plugins.face.results import Face

SIZE = 112  # of the crop that is judged, in pixels
RIM = 8  # of it that may be background

SMALL = 50.0  # pixels across; below, the crop is mostly interpolation
BLURRED = 0.013  # see sharpness(); a Gaussian blur of 2 % of the face's width falls below
DARK, BRIGHT = 50.0, 205.0  # mean grey
FLAT = 15.0  # standard deviation of the greys
ASIDE = 0.35  # see pose(); about 35 degrees
UP, DOWN = 0.24, 0.80  # see pose()
TILTED = 30.0  # degrees
UNCLEAR = 0.9  # the detector's confidence


def notes(which: str, image: np.ndarray, faces: list[Face], chosen: int) -> Iterator[str]:
    """Sentences about a picture's faces and the one that is used.

    which: "first", "second" and so on, or "" where there is one picture only.
    """
    picture = f"{which} picture".strip()
    if (count := len(faces)) > 1:
        yield (f"The {picture} shows {count} faces: the one used is the biggest near the middle.")
    if found := hints(image, faces[chosen]):
        yield (
            f"The face in the {picture} {' and '.join(found)}, which makes the answer less certain."
        )


def hints(image: np.ndarray, face: Face) -> list[str]:
    """What is wrong with a face of the uint8 RGB picture ``image``: "is blurred", for example."""
    try:
        crop = align_by_landmarks(image, face.landmarks, SIZE)
    except ValueError:  # its landmarks coincide
        return ["is unclear, perhaps covered or drawn"]
    grey = np.asarray(Image.fromarray(crop).convert("L"), np.float64)[RIM:-RIM, RIM:-RIM]
    left, _, right, _ = face.box
    yaw, pitch, roll = pose(face.landmarks)
    flat = grey.std() < FLAT
    judged = {
        "is small": right - left < SMALL,
        "is blurred": not flat and sharpness(grey) < BLURRED,
        "is dark": grey.mean() < DARK,
        "is overexposed": grey.mean() > BRIGHT,
        "has hardly any contrast": flat,
        "is turned to the side": abs(yaw) > ASIDE,
        "looks up or down": not UP <= pitch <= DOWN,
        "is tilted": abs(roll) > TILTED,
        "is unclear, perhaps covered or drawn": face.confidence < UNCLEAR,
    }
    return [hint for hint, applies in judged.items() if applies]


def sharpness(grey: np.ndarray) -> float:
    """Variance of the Laplacian over that of the greys, of a float picture (H, W).

    The former alone (Pech-Pacheco et al., ICPR 2000, equation 5) would be low for low contrast.
    """
    laplacian = (
        grey[1:-1, :-2] + grey[1:-1, 2:] + grey[:-2, 1:-1] + grey[2:, 1:-1] - 4 * grey[1:-1, 1:-1]
    )
    return float(laplacian.var() / max(grey.var(), 1e-6))


def pose(landmarks: np.ndarray) -> tuple[float, float, float]:
    """How far a head is turned, raised and tilted, from its landmarks (5, 2) in pixels.

    Yaw: how far the nose lies beside the middle of the eyes, over the distance of the eyes; 0
    from the front. Pitch: how far it lies below them, over the height from eyes to mouth; about
    0.54 from the front, less looking up. Roll: of the line through the eyes, degrees clockwise.
    """
    left, right, nose, *mouth = landmarks.astype(np.float64)
    apart = right - left
    distance = max(float(np.hypot(*apart)), 1e-6)
    across = apart / distance
    down = np.array([-across[1], across[0]])
    middle = (left + right) / 2
    height = float((np.mean(mouth, axis=0) - middle) @ down)
    yaw = float((nose - middle) @ across) / distance
    pitch = float((nose - middle) @ down) / max(height, 1e-6)
    return yaw, pitch, float(np.degrees(np.arctan2(across[1], across[0])))
