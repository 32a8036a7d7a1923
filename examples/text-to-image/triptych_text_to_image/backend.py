"""The backend: keeps one model in memory and makes pictures with it (worker process)."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from host import Context, UserError

from . import generation, lora, models
from .background import Background, Outlet, Stopped
from .hub import Hub
from .options import Options
from .request import Request
from .results import Loading, Made, News, Step

log = logging.getLogger(__name__)

_OUT_OF_MEMORY = (
    "There is not enough memory for this; choose a smaller picture, or a smaller model."
)


class TextToImageBackend:
    """Loads nothing before the first picture is asked for."""

    def __init__(self, context: Context) -> None:
        self._options = Options(**context.settings)
        self._device = context.device
        self._hub = Hub(self._options.offline or context.weights.offline)
        self._model: models.Model | None = None
        self._background = Background()

    def generate(self, request: Request, picture: np.ndarray | None = None) -> Iterator[News]:
        """Make pictures; yields what happens at least twice a second.

        That is Download and Loading where the model is another than last time, then for each
        picture a Step after each step and Made at its end.

        picture: RGB uint8 (H, W, 3) to start from; its middle is cut to the size asked for.
        Raises UserError for whatever cannot be had, and when memory runs out.
        """
        if not isinstance(request, Request):
            raise UserError("The settings are of another kind.")
        if picture is not None:
            picture = _checked(picture)
        request = request.checked(self._options, picture is not None)

        def work(outlet: Outlet) -> None:
            model = self._load(request.model, outlet)
            lora.apply(
                model,
                request.lora,
                request.lora_weight,
                lambda name: lora.find(name, self._options.is_path(name), self._hub, outlet),
            )
            generation.generate(model, request, picture, self._options.previews, outlet)

        last: News | None = None
        try:
            for news in self._background.run(work):
                last = news or last
                if isinstance(last, Step) and news is None:
                    last = Step(last.number, last.count, last.step, last.steps, last.left)
                if last is not None:
                    yield last
                if isinstance(last, Made):
                    last = None
        except Stopped:
            return
        except (MemoryError, RuntimeError) as error:
            if not _out_of_memory(error):
                raise
            log.warning("out of memory", exc_info=True)
            _give_back()
            raise UserError(_OUT_OF_MEMORY) from error

    def health(self) -> dict[str, str]:
        """What the Plugins tab shows."""
        model = self._model
        if model is None:
            return {
                "model": f"{self._options.default_model} (not loaded)",
                "device": str(self._device),
            }
        return {
            "model": model.name,
            "precision": str(model.dtype).removeprefix("torch."),
            "device": str(self._device),
            "lora": model.lora or "none",
            "safety checker": "on" if model.checked else "none",
        }

    def close(self) -> None:
        """Give the model's memory back."""
        self._model = None
        _give_back()

    def _load(self, name: str, outlet: Outlet) -> models.Model:
        if self._model is not None and self._model.name == name:
            return self._model
        options = self._options
        if options.is_path(name):
            folder = Path(name).expanduser()
            if not folder.is_dir():
                raise UserError(f"There is no model {name} on this machine: it is no folder.")
        else:
            skip = [] if options.safety_checker else [models.SAFETY]
            folder = self._hub.model(name, skip, outlet)
        outlet.tell(Loading(name))
        self.close()  # two models may not fit
        self._model = models.load(name, folder, self._device, options)
        return self._model


def _checked(picture: object) -> np.ndarray:
    if (
        not isinstance(picture, np.ndarray)
        or picture.dtype != np.uint8
        or picture.ndim != 3
        or picture.shape[2] != 3
        or 0 in picture.shape
    ):
        raise UserError("Please give the picture in RGB.")
    return picture


def _out_of_memory(error: Exception) -> bool:
    # PyTorch has a class of its own for a GPU's memory, and for the CPU's only these words.
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(
        error
    )


def _give_back() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
