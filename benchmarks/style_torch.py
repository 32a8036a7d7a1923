"""PyTorch's tutorial "Neural Transfer Using PyTorch", given our network, losses and pictures.

As a program, in the peer's process: ``python benchmarks/style_torch.py FOLDER``.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from peer_process import PeerProcess, serve
from style_task import MARGIN, Curve, Task

if TYPE_CHECKING:
    import torch

    from plugins.style.networks import Network

FAINT, TINY, ROUNDED = 0.01, 1e-12, 0.01  # as plugins.style.losses has them


class TorchPeer(PeerProcess):
    """PyTorch's recipe.

    network: VGG or the embedded one, whatever its weights. folder: for the arrays.
    """

    def __init__(
        self, network: Network, task: Task, target: Any, photo: np.ndarray, folder: Path
    ) -> None:
        self._folder = folder
        operations, arrays = _operations(network)
        (region,) = target.regions
        arrays |= {"photo": photo.astype(np.float32), "content": target.content[0].numpy()}
        for name, theirs in zip(task.style, region.statistics, strict=True):
            arrays[f"mean {name}"] = theirs.mean.numpy()
            arrays[f"covariance {name}"] = theirs.covariance.numpy()
        np.savez(folder / "task.npz", **arrays)
        described = {"operations": operations, "task": asdict(task)}
        (folder / "task.json").write_text(json.dumps(described), encoding="utf-8")
        super().__init__(__file__, folder)
        self.run(3)  # warm

    def start(self) -> tuple[float, np.ndarray]:
        """Total loss of the photo and its gradient (H, W, 3) per grey level."""
        total = self.ask("start")
        return total, np.load(self._folder / "gradient.npy")

    def run(self, evaluations: int) -> Curve:
        return Curve(*self.ask("run", evaluations))


def _operations(network: Network) -> tuple[list[str], dict[str, np.ndarray]]:
    """The network for another framework: "average pooling", "max pooling" or a convolution's name,
    in order; and the arrays. Pictures are (flipped to BGR,) less "offset" and times "factor".
    """
    from plugins.style.networks import EMBEDDED_MEAN_RGB, EMBEDDED_SCALE
    from plugins.style.networks.vgg import CAFFE_MEAN_BGR

    own = network.name == "embedded"
    operations: list[str] = []
    arrays = {
        "offset": np.asarray(EMBEDDED_MEAN_RGB if own else CAFFE_MEAN_BGR, np.float32),
        "factor": np.float32(1 / EMBEDDED_SCALE if own else 1),
        "flipped": np.bool_(not own),
    }
    for layer in network.model.layers:
        kind = type(layer).__name__
        if kind in ("AveragePooling2D", "MaxPooling2D"):
            operations.append(f"{kind.partition('P')[0].lower()} pooling")
        elif kind == "Conv2D":
            operations.append(layer.name)
            kernel, bias = layer.get_weights()
            arrays[f"kernel {layer.name}"] = kernel.transpose(3, 2, 0, 1)
            arrays[f"bias {layer.name}"] = bias
    return operations, arrays


class _TorchTask:
    """The same loss in PyTorch, and the recipe that minimises it."""

    # The recipe's losses are in the hundreds at first (style weight 1e6), so that none of L-BFGS's
    # absolute tolerances is met. Of 1, 1e3 and 1e6 this gave it the lowest losses.
    scale = 1e3

    def __init__(self, folder: Path) -> None:
        import torch

        described = json.loads((folder / "task.json").read_text(encoding="utf-8"))
        self._operations = described["operations"]
        self._task = Task(**described["task"])
        with np.load(folder / "task.npz") as arrays:
            self._tensors = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
        photo = self._tensors.pop("photo")
        self.photo = (photo.permute(2, 0, 1)[None] / 255.0).contiguous()
        self._content = self._tensors.pop("content").permute(0, 3, 1, 2).contiguous()
        self._offset = self._tensors.pop("offset").reshape(1, 3, 1, 1)
        self._factor = float(self._tensors.pop("factor"))
        self._flipped = bool(self._tensors.pop("flipped"))

    def run(self, evaluations: int) -> Curve:
        """L-BFGS with PyTorch's default settings on an image in 0..1 that starts as the photo."""
        import torch

        image = self.photo.clone().requires_grad_(True)
        optimizer = torch.optim.LBFGS([image])
        curve, began = Curve([], []), time.perf_counter()

        def closure() -> torch.Tensor:
            with torch.no_grad():
                image.clamp_(0, 1)
            optimizer.zero_grad()
            total = self.total(image)
            loss = self.scale * total
            loss.backward()
            curve.losses.append(total.item())
            curve.seconds.append(time.perf_counter() - began)
            return loss

        while len(curve.losses) < evaluations:
            optimizer.step(closure)
        return Curve(curve.seconds[:evaluations], curve.losses[:evaluations])

    def total(self, image: torch.Tensor) -> torch.Tensor:
        task, tensors = self._task, self._tensors
        features = self._features(image * 255.0)
        style = sum(
            share
            * self._style(features[name], tensors[f"mean {name}"], tensors[f"covariance {name}"])
            for name, share in task.style.items()
        )
        ours, theirs = features[task.content], self._content
        variance = _squares(theirs - theirs.mean((0, 2, 3), keepdim=True))
        content = _squares(ours - theirs) / (variance + FAINT * _squares(theirs) + TINY)
        parts = (content, style, _variation(image))
        return sum(weight * part for weight, part in zip(task.weights, parts, strict=True))

    def _features(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        from torch.nn import functional

        x = _mirrored(_mirrored(picture, 2), 3)
        x = ((x.flip(1) if self._flipped else x) - self._offset) * self._factor
        cuts = dict(zip(self._task.layers, self._task.cuts, strict=True))
        features = {}
        for name in self._operations:
            if name == "average pooling":
                x = functional.avg_pool2d(x, 2, ceil_mode=True)
            elif name == "max pooling":
                x = functional.max_pool2d(x, 2, ceil_mode=True)
            else:
                kernel, bias = self._tensors[f"kernel {name}"], self._tensors[f"bias {name}"]
                x = functional.relu(functional.conv2d(x, kernel, bias, padding=1))
            if name in cuts:
                cut = cuts[name]
                features[name] = x[:, :, cut:-cut, cut:-cut] if cut else x
        return features

    def _style(
        self, features: torch.Tensor, mean: torch.Tensor, covariance: torch.Tensor
    ) -> torch.Tensor:
        rows = features.flatten(2)[0]
        own = rows.mean(1)
        products = rows @ rows.T / rows.shape[1] - own[:, None] * own
        level = _squares(mean)
        size = _squares(covariance) + (FAINT * level) ** 2
        return 0.5 * (
            _squares(products - covariance) / (size + TINY) + _squares(own - mean) / (level + TINY)
        )


def _mirrored(x: torch.Tensor, axis: int) -> torch.Tensor:
    """With a margin at both ends of an axis; PyTorch's own padding leaves the border pixel out."""
    import torch

    first, last = x.narrow(axis, 0, MARGIN), x.narrow(axis, x.shape[axis] - MARGIN, MARGIN)
    return torch.cat([first.flip(axis), x, last.flip(axis)], axis)


def _variation(image: torch.Tensor) -> torch.Tensor:
    down = image[:, :, 1:, :-1] - image[:, :, :-1, :-1]
    right = image[:, :, :-1, 1:] - image[:, :, :-1, :-1]
    return (down**2 + right**2 + ROUNDED**2).sqrt().mean() - ROUNDED


def _squares(x: torch.Tensor) -> torch.Tensor:
    return (x**2).sum()


def main(folder: Path) -> None:
    task = _TorchTask(folder)

    def start() -> float:
        image = task.photo.clone().requires_grad_(True)
        total = task.total(image)
        total.backward()
        np.save(folder / "gradient.npy", image.grad.numpy()[0].transpose(1, 2, 0) / 255.0)
        return total.item()

    serve({"start": start, "run": task.run})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
