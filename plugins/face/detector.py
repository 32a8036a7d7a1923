"""Finding faces with MTCNN (Zhang et al., IEEE Signal Processing Letters 23(10), 2016)."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from mtcnn.stages import StageONet, StagePNet, StageRNet
from mtcnn.utils.bboxes import (
    generate_bounding_box,
    resize_to_square,
    smart_nms_from_bboxes,
    upscale_bboxes,
)
from mtcnn.utils.images import normalize_images
from PIL import Image

from plugins.face.results import Face

LONGEST_SIDE = 640, 1024
"""Bigger pictures are scaled down before the search: to a quarter, within these limits. A group
in a photo of 12 megapixels needs the second; for one portrait the first is as good and faster."""

SMALLEST_FACE = 24
"""Pixels, in the picture searched."""

WINDOW = 12
PYRAMID_STEP = 0.709  # halves the area
MAX_PROPOSALS = 400  # suppression of overlaps needs memory by the square of this

RIM = 0.15  # of the longer side: the room added around a picture in which nothing was found

SURE = 0.97
"""A face of this confidence, its eyes level, settles how a picture stands. Faces that lie or stand
on their head are often seen, too, and so are things in foliage, but hardly ever so surely."""

LEVEL = 0.58
"""Rise of the line through the eyes up to which they are level: 30 degrees."""


class _Proposals(StagePNet):
    """MTCNN's first stage, over every scale from the smallest face up to the whole picture.

    mtcnn's own stage counts the scales without regard to the smallest face asked for: above 20
    pixels the last scale gets smaller than the network's window, which fails, and every picture
    then seems empty. Noise also makes it propose without limit.
    """

    def __init__(self) -> None:
        super().__init__()
        self._model = _compiled(self.model, (None, None))

    def __call__(
        self, images_normalized: np.ndarray, threshold_pnet: float = 0.6, **_: Any
    ) -> np.ndarray:
        height, width = images_normalized.shape[1:3]
        picture = tf.convert_to_tensor(images_normalized, tf.float32)
        found = [np.empty((0, 6))]
        scale = WINDOW / SMALLEST_FACE
        while min(height, width) * scale >= WINDOW:
            size = (int(height * scale), int(width * scale))
            scaled = tf.image.resize(picture, size, method=tf.image.ResizeMethod.AREA)
            boxes = generate_bounding_box(*self._model(scaled), threshold_pnet)[:MAX_PROPOSALS]
            boxes = upscale_bboxes(boxes, np.array([scale]))
            found.append(smart_nms_from_bboxes(boxes, threshold=0.5, initial_sort=False))
            scale *= PYRAMID_STEP
        boxes = np.concatenate(found)
        boxes = boxes[np.argsort(-boxes[:, 5])][:MAX_PROPOSALS]
        return resize_to_square(smart_nms_from_bboxes(boxes, threshold=0.7, initial_sort=False))


class _Refinement(StageRNet):
    def __init__(self) -> None:
        super().__init__()
        self._model = _compiled(self.model, (24, 24))


class _Output(StageONet):
    def __init__(self) -> None:
        super().__init__()
        self._model = _compiled(self.model, (48, 48))


def _compiled(model: Any, size: tuple[int | None, int | None]) -> Any:
    """One graph for every batch and picture size: eager calls cost more than the arithmetic."""
    signature = [tf.TensorSpec((None, *size, 3), tf.float32)]
    return tf.function(lambda x: model(x), input_signature=signature)


class Detector:
    """Finds faces and their five landmarks. ``device``: TensorFlow's name of it.

    The stages are called here and not by mtcnn's ``detect_faces``, which takes any error of
    TensorFlow's about arguments for "no faces".
    """

    def __init__(self, device: str = "/CPU:0") -> None:
        self._device = device
        with tf.device(device):
            self._stages: list[Any] = [_Proposals(), _Refinement(), _Output()]

    def detect(self, image: np.ndarray) -> list[Face]:
        """Faces in a uint8 RGB picture (H, W, 3), biggest first; boxes in its own pixels.

        Faces smaller than ``SMALLEST_FACE`` pixels, in the picture scaled down as
        ``LONGEST_SIDE`` says, are not found.
        """
        height, width = image.shape[:2]
        searched = image
        longest = max(height, width)
        least, most = LONGEST_SIDE
        if longest > (side := min(max(longest // 4, least), most)):
            size = (max(1, round(width * side / longest)), max(1, round(height * side / longest)))
            resized = Image.fromarray(image).resize(
                size, Image.Resampling.BILINEAR, reducing_gap=2.0
            )
            searched = np.asarray(resized)
        rows = self._search(searched)
        if len(rows) == 0:
            rows = self._search_with_rim(searched)
        ratio = np.array([width, height]) / np.array(searched.shape[1::-1])
        limit = np.array([width, height])
        faces = []
        for row in rows:
            corners = np.clip(row[1:5].reshape(2, 2) * ratio, 0, limit)
            landmarks = (row[6:16].reshape(2, 5).T + 0.5) * ratio
            if (corners[1] - corners[0]).min() < 1:
                continue
            left, top, right, bottom = corners.ravel().tolist()
            faces.append(
                Face((left, top, right, bottom), landmarks.astype(np.float32), float(row[5]))
            )
        return sorted(faces, key=lambda face: -face.area)

    def detect_upright(self, image: np.ndarray) -> tuple[np.ndarray, list[Face], int]:
        """:meth:`detect`, also of pictures that lie on a side or stand on their head.

        Returns the picture as it stands best, its faces, and by how many degrees
        counter-clockwise it was turned for that: 0 where it shows a face of confidence ``SURE``
        as it is, or in no other position either; then the faces may be unsure ones, or none.
        """
        faces = self.detect(image)
        best = image, faces, 0
        if (sure := _surest(faces)) >= SURE:
            return best
        for quarters in (1, 3, 2):
            turned = np.ascontiguousarray(np.rot90(image, quarters))
            faces = self.detect(turned)
            if _surest(faces) >= max(SURE, sure):
                sure = _surest(faces)
                best = turned, faces, 90 * quarters
        return best

    def _search_with_rim(self, image: np.ndarray) -> np.ndarray:
        """Again with room around: a face that fills the picture to its edges is not seen."""
        rim = max(1, round(RIM * max(image.shape[:2])))
        rows = self._search(np.pad(image, ((rim, rim), (rim, rim), (0, 0)), mode="edge"))
        rows[:, 1:5] -= rim
        rows[:, 6:16] -= rim
        return rows

    def _search(self, image: np.ndarray) -> np.ndarray:
        """Rows of 0, left, top, right, bottom, confidence, 5 landmarks' x, 5 landmarks' y."""
        rows = np.empty((0, 16))
        with tf.device(self._device):
            picture = normalize_images(image[None].astype(np.float32))
            for stage in self._stages:
                rows = stage(bboxes_batch=rows, images_normalized=picture)
                if len(rows) == 0:
                    break
        return rows


def _surest(faces: list[Face]) -> float:
    """The highest confidence of those with level eyes, 0 without any."""
    return max((face.confidence for face in faces if _level(face)), default=0.0)


def _level(face: Face) -> bool:
    across, rise = face.landmarks[1] - face.landmarks[0]
    return bool(abs(rise) <= LEVEL * across)


def main_face(faces: list[Face], shape: tuple[int, ...]) -> int:
    """Index of the face a picture is most likely about: big, and near the middle.

    ``faces``: at least one. ``shape``: the picture's (height, width, ...).
    """
    centre = np.array([shape[1], shape[0]]) / 2
    reach = np.linalg.norm(centre)

    def weight(face: Face) -> float:
        left, top, right, bottom = face.box
        away = np.linalg.norm(np.array([left + right, top + bottom]) / 2 - centre) / reach
        return face.area * (1 - 0.5 * float(away))

    return max(range(len(faces)), key=lambda index: weight(faces[index]))
