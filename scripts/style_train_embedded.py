"""Train the style plugin's embedded network: a small VGG that copies SqueezeNet's features.

    python scripts/style_train_embedded.py [--data data] [--out assets/style]

Each taught layer of the student regresses the ReLU features of one layer of SqueezeNet v1.1
(Iandola et al. 2016, the ImageNet weights of keras-squeezenet), channel by channel, divided by
their standard deviation. The student's first layer has the form of the teacher's, so it takes the
32 filters that say the most; all else is learnt from random weights. The pictures are crops of
BSDS500, changed so strongly (scale, colour, noise, blur, cuts) that pictures far from photographs
are met too: style transfer asks about those.

Writes ``embedded.safetensors`` (float16) and ``embedded.json`` (what was measured).
"""

from __future__ import annotations

import argparse
import io
import json
import queue
import sys
import tarfile
import threading
import time
from pathlib import Path

import h5py
import keras
import numpy as np
import tensorflow as tf
from PIL import Image, ImageFilter
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plugins.style.networks import (
    EMBEDDED_LAYERS,
    EMBEDDED_MEAN_RGB,
    EMBEDDED_SCALE,
    embedded_model,
)

TEACHER_LAYERS = ("conv1", "conv1_strided", "fire3", "fire5", "fire7")
CROP = 128
BATCH = 12


class SqueezeNet:
    """SqueezeNet v1.1 up to fire7, built from the tensors of the keras-squeezenet file.

    The padding differs from the original (which has none) so that a feature at row r of a layer
    with stride s looks at about input row s * r + (s - 1) / 2, as in a network of 2x2 poolings.
    """

    def __init__(self, path: Path) -> None:
        tensors: dict[str, dict[int, np.ndarray]] = {}

        def take(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                # conv1/uniform1 and fire2/expand1x1/fire2/expand1x1_b are the two kinds of names
                layer = "/".join(name.split("/")[: 1 if name.startswith("conv1") else 2])
                tensors.setdefault(layer, {})[item.ndim] = item[()]

        with h5py.File(path) as file:
            file.visititems(take)
        self.w = {k: (tf.constant(v[4]), tf.constant(v[1])) for k, v in tensors.items()}

    def _conv(self, x: tf.Tensor, key: str, stride: int = 1, pad: str = "SAME") -> tf.Tensor:
        kernel, bias = self.w[key]
        return tf.nn.relu(tf.nn.conv2d(x, kernel, stride, pad) + bias)

    def _fire(self, x: tf.Tensor, name: str) -> tf.Tensor:
        x = self._conv(x, f"{name}/squeeze1x1")
        return tf.concat(
            [self._conv(x, f"{name}/expand1x1"), self._conv(x, f"{name}/expand3x3")], -1
        )

    @staticmethod
    def _pool(x: tf.Tensor, before: bool) -> tf.Tensor:
        # zeros are as good as minus infinity: the features are never negative
        pad = [1, 0] if before else [0, 1]
        return tf.nn.max_pool2d(tf.pad(x, [[0, 0], pad, pad, [0, 0]]), 3, 2, "VALID")

    def __call__(self, rgb: tf.Tensor) -> list[tf.Tensor]:
        """The features of TEACHER_LAYERS for RGB pictures (N, H, W, 3) in 0..255."""
        x = (rgb - tf.constant(EMBEDDED_MEAN_RGB))[..., ::-1]  # BGR, as in Caffe
        dense = self._conv(x, "conv1")
        x = strided = dense[:, 1::2, 1::2]  # the original's stride 2 and no padding
        x = self._fire(self._fire(self._pool(x, True), "fire2"), "fire3")
        fire3 = x
        x = fire5 = self._fire(self._fire(self._pool(x, False), "fire4"), "fire5")
        fire7 = self._fire(self._fire(self._pool(x, True), "fire6"), "fire7")
        return [dense, strided, fire3, fire5, fire7]


class Teacher:
    """SqueezeNet's features as the student shall give them: chosen channels, each over its σ."""

    def __init__(self, net: SqueezeNet, pictures: tf.Tensor, dense_channels: int) -> None:
        self.net = net
        features = net(pictures)
        self.channels = _most_telling(features[0].numpy(), dense_channels)
        features[0] = tf.gather(features[0], self.channels, axis=-1)
        self.scales = []
        for feature in features:
            sigma = tf.math.reduce_std(feature, (0, 1, 2))
            # a channel that hardly ever fires must not be blown up into noise
            self.scales.append(1.0 / tf.maximum(sigma, 0.1 * tf.reduce_mean(sigma)))

    def __call__(self, rgb: tf.Tensor) -> list[tf.Tensor]:
        features = self.net(rgb)
        features[0] = tf.gather(features[0], self.channels, axis=-1)
        return [f * s for f, s in zip(features, self.scales, strict=True)]

    def first_layer(self) -> list[np.ndarray]:
        """Kernel and bias with which the student's first layer gives the first of the features."""
        kernel, bias = self.net.w["conv1"]
        scale = self.scales[0].numpy()
        kernel = kernel.numpy()[:, :, ::-1, self.channels] * scale * EMBEDDED_SCALE
        return [kernel, bias.numpy()[self.channels] * scale]


def _most_telling(feature: np.ndarray, count: int) -> list[int]:
    """Channels that together say the most: pivoted Gram-Schmidt on the standardised channels."""
    rows = feature.reshape(-1, feature.shape[-1])[::37].astype(np.float64)
    rows -= rows.mean(0)
    sigma = rows.std(0)
    rows /= np.maximum(sigma, 0.1 * sigma.mean())
    chosen: list[int] = []
    for _ in range(count):
        energy = (rows**2).sum(0)
        energy[chosen] = -1
        best = int(energy.argmax())
        chosen.append(best)
        axis = rows[:, best] / np.linalg.norm(rows[:, best])
        rows -= np.outer(axis, axis @ rows)
    return sorted(chosen)


def load_pictures(tar_path: Path) -> dict[str, list[np.ndarray]]:
    """BSDS500's pictures by folder: train, test, val."""
    pictures: dict[str, list[np.ndarray]] = {"train": [], "test": [], "val": []}
    with tarfile.open(tar_path) as tar:
        for member in sorted(tar.getmembers(), key=lambda m: m.name):
            if member.name.endswith(".jpg"):
                data = tar.extractfile(member)
                assert data is not None
                picture = np.asarray(Image.open(io.BytesIO(data.read())).convert("RGB"))
                pictures[member.name.split("/")[-2]].append(picture)
    return pictures


def crop(rng: np.random.Generator, pictures: list[np.ndarray], size: int) -> np.ndarray:
    """One square crop at a random scale, (size, size, 3) float32 in 0..255."""
    picture = pictures[rng.integers(len(pictures))]
    height, width = picture.shape[:2]
    side = int(min(height, width) * rng.uniform(0.3, 1.0))
    top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
    image = Image.fromarray(picture[top : top + side, left : left + side])
    out = np.asarray(image.resize((size, size), Image.Resampling.BICUBIC), np.float32)
    out = np.rot90(out, rng.choice([0, 0, 0, 1, 2, 3]))
    return out[:, ::-1] if rng.random() < 0.5 else out


def augmented(rng: np.random.Generator, pictures: list[np.ndarray], size: int) -> np.ndarray:
    """A crop made unlike a photograph: cut with another, recoloured, blurred, made noisy."""
    x = crop(rng, pictures, size)
    if rng.random() < 0.25:
        other = crop(rng, pictures, size)
        if rng.random() < 0.5:
            x = x + rng.uniform(0.2, 0.8) * (other - x)
        else:
            angle, shift = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.3)
            y, z = np.mgrid[-0.5 : 0.5 : size * 1j, -0.5 : 0.5 : size * 1j]
            mask = (y * np.sin(angle) + z * np.cos(angle) > shift)[..., None]
            x = np.where(mask, x, other)
    if rng.random() < 0.6:
        matrix = np.eye(3) + rng.normal(0, rng.choice([0.1, 0.5]), (3, 3))
        mean = x.mean((0, 1))
        x = (x - mean) @ (matrix * rng.uniform(0.5, 1.8)).astype(np.float32)
        x = x + mean + rng.normal(0, 30, 3)
    if rng.random() < 0.15:
        blurred = Image.fromarray(np.clip(x, 0, 255).astype(np.uint8)).filter(
            ImageFilter.GaussianBlur(float(rng.uniform(0.5, 4)))
        )
        x = np.asarray(blurred, np.float32)
    if rng.random() < 0.4:
        # noise of a random grain: white speckle is where an optimised picture goes wrong
        grain = int(rng.choice([1, 1, 2, 4]))
        cells = -(-size // grain)
        noise = rng.normal(0, 1, (cells, cells, int(rng.choice([1, 3]))))
        noise = noise.repeat(grain, 0).repeat(grain, 1)[:size, :size]
        x = x + noise * rng.uniform(2, 50)
    return np.clip(x, 0, 255).astype(np.float32)


def batches(seed: int, start: int, pictures: list[np.ndarray]) -> queue.Queue[np.ndarray]:
    """An endless queue of augmented batches; batch number n depends on the seed and n only."""
    ready: queue.Queue[np.ndarray] = queue.Queue(4)

    def work() -> None:
        step = start
        while True:
            rng = np.random.default_rng((seed, step))
            ready.put(np.stack([augmented(rng, pictures, CROP) for _ in range(BATCH)]))
            step += 1

    threading.Thread(target=work, daemon=True).start()
    return ready


def explained(model: keras.Model, teacher: Teacher, pictures: np.ndarray) -> dict[str, float]:
    """Share of the variance of each taught layer that the student explains (1 is a copy)."""
    residual = np.zeros(len(EMBEDDED_LAYERS))
    total = np.zeros(len(EMBEDDED_LAYERS))
    for start in range(0, len(pictures), 10):
        part = tf.constant(pictures[start : start + 10])
        for i, (ours, theirs) in enumerate(zip(model(part), teacher(part), strict=True)):
            residual[i] += float(tf.reduce_sum((ours - theirs) ** 2))
            mean = tf.reduce_mean(theirs, (0, 1, 2))
            total[i] += float(tf.reduce_sum((theirs - mean) ** 2))
    return dict(zip(EMBEDDED_LAYERS, np.round(1 - residual / total, 4).tolist(), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path, default=Path("assets/style"))
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate of Adam")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=250, help="steps between two saved states")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    keras.utils.set_random_seed(args.seed)

    pictures = load_pictures(args.data / "bsds500.tar")
    training = pictures["train"] + pictures["test"]
    rng = np.random.default_rng((args.seed, 2**40))
    held_out = {
        "photographs": np.stack([crop(rng, pictures["val"], CROP) for _ in range(100)]),
        "augmented": np.stack([augmented(rng, pictures["val"], CROP) for _ in range(100)]),
    }
    probe = tf.constant(np.stack([augmented(rng, training, CROP) for _ in range(40)]))
    model = embedded_model()
    net = SqueezeNet(args.data / "squeezenet_v1.1_imagenet_notop.h5")
    teacher = Teacher(net, probe, int(model.outputs[0].shape[-1]))

    model.get_layer("conv1").set_weights(teacher.first_layer())
    model.get_layer("conv1").trainable = False

    schedule = keras.optimizers.schedules.CosineDecay(
        1e-4, args.steps, warmup_target=args.rate, warmup_steps=100, alpha=0.02
    )
    optimizer = keras.optimizers.Adam(schedule, beta_2=0.99, global_clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    # the mean of the last few hundred steps: any saved state is then a good one
    averages = [tf.Variable(v) for v in model.trainable_variables]

    @tf.function(input_signature=[tf.TensorSpec((BATCH, CROP, CROP, 3)), tf.TensorSpec(())])
    def learn(images: tf.Tensor, keep: tf.Tensor) -> tf.Tensor:
        targets = teacher(images)
        with tf.GradientTape() as tape:
            ours = model(images, training=True)
            losses = [tf.reduce_mean((a - b) ** 2) for a, b in zip(ours, targets, strict=True)]
            loss = tf.add_n(losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        for average, variable in zip(averages, model.trainable_variables, strict=True):
            average.assign(keep * average + (1 - keep) * variable)
        return tf.stack(losses)

    args.out.mkdir(parents=True, exist_ok=True)
    log = []
    ready = batches(args.seed, 0, training)
    began = time.time()
    averaged = embedded_model()
    for step in range(1, args.steps + 1):
        keep = min(0.995, 1 - 10 / (step + 9))
        losses = learn(tf.constant(ready.get()), tf.constant(keep, tf.float32)).numpy()
        if step % 25 == 0:
            print(step, f"{time.time() - began:.0f} s", np.round(losses, 3), flush=True)
        if step % args.every == 0 or step == args.steps:
            averaged.set_weights(model.get_weights()[:2] + [a.numpy() for a in averages])
            scores = {k: explained(averaged, teacher, v) for k, v in held_out.items()}
            log.append({"step": step, "minutes": round((time.time() - began) / 60, 1)} | scores)
            print(json.dumps(log[-1]), flush=True)
            tensors = {
                variable.path.replace("/", "."): variable.numpy().astype(np.float16)
                for variable in averaged.variables
            }
            save_file(tensors, args.out / "embedded.safetensors")
            report = {
                "seed": args.seed,
                "steps": step,
                "planned_steps": args.steps,
                "rate": args.rate,
                "parameters": averaged.count_params(),
                "teacher_channels_of_conv1": teacher.channels,
                "explained_variance": log,
            }
            (args.out / "embedded.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
