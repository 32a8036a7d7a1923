"""The number format in which a network computes fastest on this machine."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

FULL, MIXED = "float32", "mixed_bfloat16"
_WIDE = 4_000_000  # trained numbers: below, converting costs what the shorter format saves
_AMPERE = (8, 0)  # the first CUDA compute capability with bfloat16 units


def fastest(parameters: int, device: str) -> str:
    """``"mixed_bfloat16"`` where a network of so many ``parameters`` gains by it on ``device``.

    device: TensorFlow's name. On a CPU it takes bfloat16 instructions (AVX-512 BF16 or AMX), which
    Linux tells. Losses and sums are float32 in both.
    """
    if parameters < _WIDE:
        return FULL
    if "GPU" in device:
        gpus = tf.config.list_physical_devices("GPU")
        capability = [
            tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))
            for gpu in gpus
        ]
        return MIXED if capability and min(capability) >= _AMPERE else FULL
    return MIXED if {"avx512_bf16", "amx_bf16"} & _cpu_flags() else FULL


def _cpu_flags() -> set[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return set()
    return next(
        (set(line.split()) for line in text.splitlines() if line.startswith("flags")), set()
    )
