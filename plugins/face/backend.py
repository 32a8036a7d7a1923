"""The face backend: what the tab and Python programs can ask of faces.

Batch first: pictures come as a sequence of uint8 RGB arrays (H, W, 3), answers as a list of the
same length. Nothing of them is kept, except in a gallery that is named.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence

import numpy as np
import tensorflow as tf

from host import Context, UserError
from host.weights import Progress
from plugins.face import people
from plugins.face.checks import ordinal, picture_batch
from plugins.face.evaluation.zip_file import Evaluation, evaluate
from plugins.face.gallery import Enrolled, Gallery, clean_name
from plugins.face.learning import (
    CompareStep,
    Head,
    LabelledData,
    PairReport,
    TripletSettings,
    TripletStep,
    Working,
    digits,
)
from plugins.face.learning.comparison import compare_with_softmax
from plugins.face.learning.pair_classifier import classify_pairs
from plugins.face.learning.training import train
from plugins.face.learning.zip_file import labelled
from plugins.face.models import BY_NAME, MODELS, known, with_head
from plugins.face.recogniser import Recogniser
from plugins.face.recognition.identification import identify
from plugins.face.results import (
    Described,
    Face,
    Identified,
    ModelStatus,
    PersonPicture,
    VerifyResult,
)
from plugins.face.verification.verify import explain, verify

log = logging.getLogger(__name__)


class FaceBackend:
    """Finds, compares and recognises faces, and learns to.

    Settings: ``model``, the name of the model to use when none is asked for (left out, the first
    of ``models.MODELS`` whose weights are on this machine: a published one, or else the offline
    one); ``gallery``, the URL of a gallery that everybody shares and that is kept.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        wanted = context.settings.get("model")
        if wanted is not None and wanted not in BY_NAME:
            raise ValueError(f"face: model {wanted!r} is none of {', '.join(BY_NAME)}")
        seen = bool(tf.config.list_physical_devices("GPU"))
        why = "TensorFlow sees no GPU: its CUDA libraries are missing"
        device, self._device_used = context.device.or_cpu(seen, why)
        self._device = device.tensorflow
        self._recogniser = Recogniser(context, self._device, wanted)
        self._galleries: dict[str, Gallery] = {}
        try:
            self._warm_up()
        except UserError as error:  # the page works and each call says what is missing
            log.warning("%s", error)

    def _warm_up(self) -> None:
        """First calls compile; let no visitor wait for that."""
        size = 160
        grey = np.full((size, size, 3), 127, np.uint8)
        landmarks = np.array([[60, 60], [100, 60], [80, 85], [65, 105], [95, 105]], np.float32)
        face = Face((40, 30, 120, 130), landmarks, 1.0)
        self._recogniser.detector.detect(grey)
        model = self._recogniser.model(None)
        crop = self._recogniser.encoder(model).align(grey, face)
        for batch in (1, 2):
            self._recogniser.encode([crop] * batch, model)

    # Models

    def models(self) -> list[ModelStatus]:
        """Every model in the order of ``models.MODELS``, and whether it can answer now."""
        try:
            active = self._recogniser.default_model()
        except UserError:
            active = ""
        return [
            ModelStatus(
                model.name,
                ready=self._recogniser.path(model) is not None,
                active=model.name == active,
            )
            for model in MODELS
        ]

    def fetch_weights(self, model: str) -> Iterator[Progress]:
        """Downloads a model's published weights; yields bytes done and in all.

        Raises UserError when that is impossible, such as without a connection.
        """
        weights = known(model).weights
        if weights is None:
            raise UserError("This model comes with the app: there is nothing to download.")
        yield from self._context.weights.fetch(weights)
        self._recogniser.forget(model)

    # Faces

    def detect(self, images: Sequence[np.ndarray]) -> list[list[Face]]:
        """The faces in each picture, biggest first; may be none. The picture is not turned."""
        return [self._recogniser.detector.detect(image) for image in picture_batch(images)]

    def encode(self, images: Sequence[np.ndarray], model: str | None = None) -> np.ndarray:
        """The main face of each picture as numbers: float32 (N, D).

        model: a name from ``models.MODELS``; None for the default.
        Raises UserError that counts out the first picture without a face.
        """
        chosen = self._recogniser.model(model)
        batch = picture_batch(images)
        which = [ordinal(number) for number in range(1, len(batch) + 1)]
        portraits = self._recogniser.portraits(batch, which)
        return self._recogniser.encode(self._recogniser.crops(portraits, chosen), chosen)

    def describe(self, images: Sequence[np.ndarray], model: str | None = None) -> list[Described]:
        """Every face of each picture with its encoding and a portrait cut out of the picture."""
        chosen = self._recogniser.model(model)
        return [self._recogniser.describe(image, chosen) for image in picture_batch(images)]

    def verify(
        self,
        first: Sequence[np.ndarray],
        second: Sequence[np.ndarray],
        threshold: float | None = None,
        model: str | None = None,
        head: Head | None = None,
    ) -> list[VerifyResult]:
        """Does each picture of ``first`` show the same person as its partner in ``second``?

        threshold: Euclidean distance up to which they count as the same; None for the model's.
        model: a name from ``models.MODELS``; None for the default.
        head: a trained head to put on the model's encodings.

        Raises UserError when a picture shows no face, the two sequences differ in length, the
        model is not available, the head is another model's or the threshold is no number from
        0 up.
        """
        chosen = self._recogniser.model(model)
        info = chosen if head is None else with_head(chosen, head)
        limit = info.limit(threshold)
        left, right = picture_batch(first), picture_batch(second)
        if len(left) != len(right):
            raise UserError(f"There are {len(left)} first pictures and {len(right)} second ones.")
        pairs = zip(left, right, strict=True)
        return [verify(self._recogniser, pair, limit, chosen, head) for pair in pairs]

    def explain(
        self,
        first: np.ndarray,
        second: np.ndarray,
        model: str | None = None,
        head: Head | None = None,
    ) -> Iterator[np.ndarray]:
        """Which parts of the first face decided: its aligned crop, coloured more and more finely.

        Yields uint8 RGB pictures. Red parts speak for "same" (hiding them raises the distance),
        blue ones against it. Raises UserError as :meth:`verify` does.
        """
        chosen = self._recogniser.model(model)
        pair = picture_batch([first, second])
        yield from explain(self._recogniser, (pair[0], pair[1]), chosen, head)

    # Galleries

    def enrol(
        self,
        name: str,
        images: Sequence[np.ndarray],
        gallery: str | None = None,
        model: str | None = None,
    ) -> Enrolled:
        """Makes the person known from one picture or more, without training.

        gallery: its URL (``sqlite:///people.sqlite``, ``postgresql://...``); None for the one in
        the settings. Raises UserError when a picture shows no face or there is no gallery.
        """
        kept = self._gallery(gallery)
        clean_name(name)
        described = self.describe(images, model)
        if not described:
            raise UserError("Give at least one picture of the person.")
        for number, picture in enumerate(described, 1):
            if not picture.faces:
                raise UserError(f"No face was found in the {ordinal(number)} picture.")
        faces = [picture.faces[picture.chosen] for picture in described]
        chosen = self._recogniser.model(model)
        return kept.enrol(
            name,
            np.stack([face.encoding for face in faces]),
            chosen.name,
            [face.portrait for face in faces],
        )

    def identify(
        self,
        images: Sequence[np.ndarray],
        gallery: str | None = None,
        k: int = 5,
        threshold: float | None = None,
        model: str | None = None,
    ) -> list[list[Identified]]:
        """Who is in each picture: one answer for each face, biggest first.

        gallery: as in :meth:`enrol`. k: how many candidates. threshold: a face whose nearest
        person is further away is nobody known; None for the model's own.
        """
        chosen = self._recogniser.model(model)
        limit = chosen.limit(threshold)
        if not isinstance(k, int) or k < 1:
            raise UserError("The number of candidates must be a whole number from 1 up.")
        kept = self._gallery(gallery)
        return [identify(picture, kept, k, limit) for picture in self.describe(images, model)]

    def _gallery(self, url: str | None) -> Gallery:
        url = url or self._context.settings.get("gallery")
        if not url:
            raise UserError("Name a gallery, such as sqlite:///people.sqlite.")
        if url not in self._galleries:
            self._galleries[url] = Gallery(url)
        return self._galleries[url]

    # A visitor's people

    def people(
        self, archive: bytes, model: str | None = None
    ) -> Generator[PersonPicture, None, int]:
        """The pictures in a zip with a folder for each person, encoded one by one.

        The stream's return value is their number; None tells that it was stopped. Raises
        UserError when it is no such zip.
        """
        return (yield from people.read(archive, self._recogniser, self._recogniser.model(model)))

    def evaluate(self, archive: bytes, model: str | None = None) -> Iterator[Working | Evaluation]:
        """How good a model is on a visitor's people: progress, and last the evaluation."""
        chosen = self._recogniser.model(model)
        pictures = people.read(archive, self._recogniser, chosen)
        yield from evaluate(pictures, chosen.name)

    # Learning

    def learn(
        self,
        archive: bytes | None,
        kind: str = "head",
        settings: TripletSettings | None = None,
        model: str | None = None,
    ) -> Iterator[Working | TripletStep]:
        """Trains a head or an encoder by the triplet loss; see ``learning.training``.

        archive: a zip with a folder for each person; None for scikit-learn's digits.
        kind: "head" (on the model's encodings) or "encoder" (from the pixels).
        """
        checked = (settings or TripletSettings()).checked()
        data = yield from self._labelled(archive, kind, model)
        yield from train(data, checked, self._device)

    def compare_with_softmax(
        self,
        archive: bytes | None,
        kind: str = "head",
        settings: TripletSettings | None = None,
        model: str | None = None,
    ) -> Iterator[Working | CompareStep]:
        """The same data and body with a softmax on top, and what a new person does to it."""
        checked = (settings or TripletSettings()).checked()
        data = yield from self._labelled(archive, kind, model)
        yield from compare_with_softmax(data, checked, self._device)

    def classify_pairs(
        self, archive: bytes | None, model: str | None = None, seed: int = 0
    ) -> Iterator[Working | PairReport]:
        """Verification as binary classification, beside the distance threshold."""
        data = yield from self._labelled(archive, "head", model)
        yield Working("Fitting three deciders on pairs ...")
        yield classify_pairs(data, seed)

    def _labelled(
        self, archive: bytes | None, kind: str, model: str | None
    ) -> Generator[Working, None, LabelledData]:
        if archive is None:
            return digits()
        chosen = self._recogniser.model(model)
        pictures = people.read(archive, self._recogniser, chosen)
        return (yield from labelled(pictures, kind, chosen.name))

    def health(self) -> dict[str, str]:
        """What the Plugins tab shows."""
        try:
            active = BY_NAME[self._recogniser.default_model()].title
        except UserError as error:
            active = str(error)
        return {"model": active, "device": self._device_used}

    def close(self) -> None:
        for gallery in self._galleries.values():
            gallery.close()
