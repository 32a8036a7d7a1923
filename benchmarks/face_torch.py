"""facenet-pytorch's Inception-ResNet v1 with the values of our weights.

As a program, in the peer's process: ``python benchmarks/face_torch.py FOLDER``.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import rows  # noqa: F401  makes the peers importable
from peer_process import PeerProcess, serve
from timing import seconds

STAGES = ("Conv2d", "Block35", "Mixed_6a", "Block17", "Mixed_7a", "Block8", "Bottleneck")
LAST = "~"  # comes after every branch


class FacenetPytorch(PeerProcess):
    """network: ours, not folded. folder: for its arrays and the crops."""

    def __init__(self, network: Any, folder: Path) -> None:
        np.savez(folder / "weights.npz", **_tensors(network))
        self._folder = folder
        super().__init__(__file__, folder)

    def show(self, crops: np.ndarray) -> None:
        """From now on encode these: uint8 (N, 160, 160, 3)."""
        np.save(self._folder / "crops.npy", crops)
        self.ask("show")

    def encodings(self) -> np.ndarray:
        """float32 (N, 512) of the crops."""
        self.ask("save")
        return np.load(self._folder / "encodings.npy")

    def seconds(self) -> float:
        """From the crops to their encodings."""
        return float(self.ask("seconds"))


def _tensors(network: Any) -> dict[str, np.ndarray]:
    """Number -> tensor in the order in which facenet-pytorch makes its layers: of each convolution
    the kernel, then the bias, or the normalisation's beta, mean and variance.
    """
    layers = {layer.name: layer for layer in network.layers}
    convolutions = [
        name for name, layer in layers.items() if layer.weights and "_BatchNorm" not in name
    ]
    tensors = []
    for name in sorted(convolutions, key=_place):
        kernel, *bias = layers[name].get_weights()
        if kernel.ndim == 4:
            tensors.append(kernel.transpose(3, 2, 0, 1))
        else:
            tensors.append(kernel.T)
        tensors += bias or layers[f"{name}_BatchNorm"].get_weights()
    return {f"{number:04}": tensor for number, tensor in enumerate(tensors)}


def _place(name: str) -> tuple[int, int, str]:
    """Where a layer such as Block35_2_Branch_1_Conv2d_0b_3x3 stands: stage, block, rest."""
    stage = next(stage for stage in STAGES if name.startswith(stage))
    rest = name.removeprefix(stage).lstrip("_")
    block, _, part = rest.partition("_")
    if stage.startswith("Block"):
        return STAGES.index(stage), int(block), part if "Branch" in part else LAST
    return STAGES.index(stage), 0, rest


def _network(folder: Path) -> Any:
    import torch
    from torch import nn

    # facenet-pytorch imports torchvision, which not everywhere fits the PyTorch beside it
    importlib.import_module("plugins.gan.torchvision_compat")
    from facenet_pytorch.models.inception_resnet_v1 import InceptionResnetV1

    network = InceptionResnetV1().eval()
    with np.load(folder / "weights.npz") as arrays:
        tensors = iter([torch.from_numpy(arrays[name]) for name in sorted(arrays.files)])
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.weight.copy_(next(tensors))
                if module.bias is not None:
                    module.bias.copy_(next(tensors))
            elif isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
                for part in (module.bias, module.running_mean, module.running_var):
                    part.copy_(next(tensors))
    if next(tensors, None) is not None:
        raise ValueError("facenet-pytorch's network has fewer tensors than ours.")
    return network


def main(folder: Path) -> None:
    import torch

    network = _network(folder)
    crops: Any = None

    def show() -> None:
        nonlocal crops
        crops = np.load(folder / "crops.npy")
        encode()

    @torch.inference_mode()
    def encode() -> np.ndarray:
        scaled = (torch.from_numpy(crops).permute(0, 3, 1, 2).float() - 127.5) / 128
        return network(scaled).numpy()

    serve(
        {
            "show": show,
            "save": lambda: np.save(folder / "encodings.npy", encode()),
            "seconds": lambda: seconds(encode),
        }
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
