"""Watching what is imported into the web process, and by which line."""

from __future__ import annotations

import importlib.util
import linecache
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from host.testing.code import Code, short

FRAMEWORKS = frozenset(
    "torch torchvision torchaudio tensorflow keras tf_keras jax jaxlib flax diffusers transformers "
    "accelerate onnxruntime openvino mxnet paddle lightning pytorch_lightning timm scipy sklearn "
    "skimage matplotlib cv2 numba xgboost lightgbm catboost spacy gensim librosa".split()
)
"""Nothing of these belongs into the web process."""

HEAVY = FRAMEWORKS | frozenset("gradio gradio_client pandas fastapi seaborn plotly bokeh".split())
"""Nothing of these belongs into finding a plugin, which every command waits for."""


_ASKING = (importlib.util.__file__, "<frozen importlib.util>")


class Watcher:
    """Remembers who first imported each heavy module. Goes first in ``sys.meta_path``."""

    def __init__(self) -> None:
        self.seen: dict[str, list[tuple[str, int]]] = {}

    def start(self) -> None:
        sys.meta_path.insert(0, self)  # type: ignore[arg-type]

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> None:
        root = name.partition(".")[0]
        if root not in HEAVY or root in self.seen:
            return
        frames = []
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            frames.append((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        # importlib.util.find_spec only asks whether the module is there.
        if not any(file in _ASKING for file, _ in frames[:3]):
            self.seen[root] = frames

    def imported_by(self, code: Code, modules: frozenset[str]) -> list[str]:
        """ "scipy, torch, by `import torch` at FILE:LINE" for each line of the plugin."""
        lines: dict[tuple[str, int], list[str]] = {}
        for module, frames in self.seen.items():
            place = code.innermost(frames)
            if module in modules and place is not None:
                lines.setdefault(place, []).append(module)
        return [
            f"{', '.join(found)}, by `{linecache.getline(*place).strip()}` at "
            f"{short(place[0])}:{place[1]}"
            for place, found in lines.items()
        ]
