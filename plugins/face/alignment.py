"""From a found face to the upright, fixed-size crop that a recognition network expects."""

from __future__ import annotations

import numpy as np
from PIL import Image

# Where the landmarks of the detector (left eye, right eye, nose, left and right mouth corner, as
# seen in the picture) lie on average in a face crop of side 1 made by dlib's get_face_chip with
# padding 0.25. scripts/face_template.py derived them; its docstring says from what.
DLIB_TEMPLATE = np.array(
    [[0.3182, 0.3034], [0.6717, 0.3036], [0.4938, 0.5122], [0.3350, 0.6901], [0.6514, 0.6903]],
    np.float64,
)


# A crop this much tighter than dlib's own is better on pictures found by our detector: on LFW
# (outside View-2) AUC 0.99971 against 0.99967, on ORL 0.61 % equal error rate against 0.86 %.
ZOOM = 1.05


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The rotation, uniform scale and shift that best takes ``source`` to ``target``.

    source, target: (N, 2) points, N >= 2. Returns a (2, 3) matrix A with
    ``target ~ source @ A[:, :2].T + A[:, 2]``, least squares, never a mirror image
    (Umeyama, IEEE PAMI 13(4), 1991, equations 40 to 42).

    Raises ValueError when all source points coincide.
    """
    source = np.asarray(source, np.float64)
    target = np.asarray(target, np.float64)
    source_mean, target_mean = source.mean(0), target.mean(0)
    source_centred, target_centred = source - source_mean, target - target_mean
    variance = (source_centred**2).sum() / len(source)
    if variance < 1e-12:
        raise ValueError("all points coincide")
    u, spread, vt = np.linalg.svd(target_centred.T @ source_centred / len(source))
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt)) or 1.0])
    rotation = (u * sign) @ vt
    scale = (spread * sign).sum() / variance
    shift = target_mean - scale * rotation @ source_mean
    return np.column_stack([scale * rotation, shift])


def warp(image: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
    """A ``size`` x ``size`` crop of ``image``; what lies outside the picture is black.

    image: uint8 RGB (H, W, 3). matrix: (2, 3), takes points of the picture to points of the
    crop, both in pixels with (0, 0) at the top left corner.
    """
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
    # Reading a big face point by point would alias, so the part needed is averaged down first.
    factor = int(np.sqrt(abs(np.linalg.det(inverse[:, :2]))))
    picture = Image.fromarray(image)
    if factor > 1:
        corners = np.array([[0, 0], [size, 0], [0, size], [size, size]]) @ inverse[:, :2].T
        corners += inverse[:, 2]
        limit = np.array([picture.width, picture.height])
        start = np.clip(np.floor(corners.min(0)) - factor, 0, limit - 1).astype(int)
        stop = np.clip(np.ceil(corners.max(0)) + factor, start + 1, limit).astype(int)
        picture = picture.reduce(factor, (*start.tolist(), *stop.tolist()))
        inverse = inverse.copy()
        inverse[:, 2] -= start
        inverse /= factor
    crop = picture.transform(
        (size, size), Image.Transform.AFFINE, inverse.ravel().tolist(), Image.Resampling.BILINEAR
    )
    return np.asarray(crop)


def align_by_landmarks(image: np.ndarray, landmarks: np.ndarray, size: int) -> np.ndarray:
    """The upright crop for dlib's network. landmarks: (5, 2) pixels."""
    template = (DLIB_TEMPLATE - 0.5) * ZOOM + 0.5
    return warp(image, similarity(landmarks, template * size), size)


def align_by_box(
    image: np.ndarray, box: tuple[float, float, float, float], size: int, margin: float
) -> np.ndarray:
    """The box, ``margin`` of its sides wider all round, stretched to a square.

    FaceNet's training pictures were cut out so (align_dataset_mtcnn.py of davidsandberg/facenet,
    which takes a fixed margin in pixels of faces of about this size).
    """
    left, top, right, bottom = box
    width, height = max(right - left, 1.0), max(bottom - top, 1.0)
    left, top = left - margin * width, top - margin * height
    scale_x = size / (width * (1 + 2 * margin))
    scale_y = size / (height * (1 + 2 * margin))
    return warp(
        image, np.array([[scale_x, 0, -left * scale_x], [0, scale_y, -top * scale_y]]), size
    )
