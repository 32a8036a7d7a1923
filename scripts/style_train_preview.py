"""Train the quick preview of the style plugin: a decoder of the embedded network's features.

    python scripts/style_train_preview.py [--data data] [--out assets/style]

The features of a photo in the painting's colours get the painting's mean and covariance; the
decoder, from random weights, learns what to add to the photo so that the plugin's own loss, with
its default weights, is least. Photos are crops of
BSDS500's train and test parts. Paintings are drawn by ``style_examples.py`` from many seeds, by
its brush from photographs, by simple filters, and two are pictures of the repository
pytorch/examples (mosaic and candy, BSD 3-clause licence).

Writes ``preview.safetensors`` (float16) and ``preview.json`` (what was measured).
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import sys
import threading
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import style_examples
import tensorflow as tf
from PIL import Image, ImageFilter
from safetensors.numpy import save_file
from style_train_embedded import augmented, crop, load_pictures

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plugins.style.losses import content_loss, statistics, style_loss, total_variation
from plugins.style.networks import EMBEDDED_LAYERS, embedded
from plugins.style.preview.colours import colour_statistics, transported
from plugins.style.preview.decoder import Moments, decoder, load, moments, painted
from plugins.style.transfer import CONTENT, SMOOTHNESS, STYLE

CROP = 128
BATCH = 4
REAL = ("mosaic", "candy")
Batch = tuple[np.ndarray, np.ndarray, np.ndarray]  # photos, the same in the colours, paintings


def drawn(seed: int, photos: list[np.ndarray], count: int) -> list[np.ndarray]:
    """Paintings of 512 pixels: ``count`` of each kind of example, thrice as many from photos."""
    pictures = []
    for kind, draw in enumerate(style_examples.PAINTINGS.values()):
        for number in range(count):
            rng = np.random.default_rng((seed, 1000 + kind, number))
            pictures.append(np.asarray(draw(rng)))
    for number in range(3 * count):
        rng = np.random.default_rng((seed, 2000, number))
        photo = Image.fromarray(photos[rng.integers(len(photos))])
        scene = np.asarray(photo.resize((style_examples.FINE,) * 2), float)
        scene = (scene - 128) * rng.uniform(1, 2) + 128
        angle = style_examples.noise(rng, int(rng.integers(100, 500))) * rng.uniform(0.5, 4)
        width = int(rng.integers(8, 36))
        layers = [(width, 4 * width, width), (width * 2 // 3 + 1, 3 * width, width * 2 // 3)]
        pictures.append(
            np.asarray(style_examples.strokes(rng, angle, scene, layers, rng.uniform(4, 25)))
        )
    return pictures


def filtered(rng: np.random.Generator, photos: list[np.ndarray]) -> np.ndarray:
    """A photograph made into a print or a painting by simple filters, (CROP, CROP, 3)."""
    image = Image.fromarray(np.clip(crop(rng, photos, CROP), 0, 255).astype(np.uint8))
    kind = rng.integers(4)
    if kind == 0:
        image = image.filter(ImageFilter.ModeFilter(int(rng.choice([5, 7]))))
    elif kind == 1:
        image = image.filter(ImageFilter.MedianFilter(5)).quantize(int(rng.integers(3, 9)))
        image = image.convert("RGB")
    elif kind == 2:
        lines = np.asarray(image.convert("L").filter(ImageFilter.FIND_EDGES), np.float32)
        flat = np.asarray(image.filter(ImageFilter.ModeFilter(7)), np.float32)
        return flat * np.clip(1 - lines / rng.uniform(40, 120), 0, 1)[..., None]
    else:
        return augmented(rng, photos, CROP)
    return np.asarray(image, np.float32)


def recoloured(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Other colours: a random mean and covariance, or another order of the channels."""
    if rng.random() < 0.3:
        return picture[..., rng.permutation(3)]
    matrix = rng.normal(0, 1, (3, 3))
    covariance = matrix @ matrix.T + 0.3 * np.eye(3)
    covariance *= rng.uniform(20, 75) ** 2 * 3 / np.trace(covariance)
    return transported(picture, rng.uniform(60, 190, 3), covariance)


def batch(
    rng: np.random.Generator,
    photos: list[np.ndarray],
    drawings: list[np.ndarray],
    real: list[np.ndarray],
) -> Batch:
    """One batch, each array (BATCH, CROP, CROP, 3), float32 in 0..255."""
    rows = []
    for _ in range(BATCH):
        photo = crop(rng, photos, CROP)
        source = rng.random()
        if source < 0.4:
            painting = crop(rng, drawings, CROP)
        elif source < 0.6:
            painting = crop(rng, real, CROP)
        else:
            painting = filtered(rng, photos)
        if rng.random() < 0.4:
            painting = recoloured(rng, painting)
        painting = np.clip(painting, 0, 255)
        coloured = transported(photo, *colour_statistics(painting))
        rows.append((np.clip(photo, 0, 255), np.clip(coloured, 0, 255), painting))
    first, second, third = (np.stack(part).astype(np.float32) for part in zip(*rows, strict=True))
    return first, second, third


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path, default=Path("assets/style"))
    parser.add_argument("--minutes", type=float, default=25.0, help="stop in time for this")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=1.5e-3, help="peak learning rate of Adam")
    parser.add_argument("--drawn", type=int, default=6, help="paintings of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="go on from this preview.safetensors")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(args.seed)
    began = time.time()

    pictures = load_pictures(args.data / "bsds500.tar")
    photos = pictures["train"] + pictures["test"]
    drawings = drawn(args.seed, photos, args.drawn)
    real = [
        np.asarray(Image.open(args.data / "style" / f"{name}.jpg").convert("RGB")) for name in REAL
    ]
    print(f"{len(drawings)} paintings drawn, {time.time() - began:.0f} s", flush=True)

    network = embedded()
    content_at = EMBEDDED_LAYERS.index("conv4_2")
    model = decoder([int(output.shape[-1]) for output in network.model.outputs])
    if args.start:
        load(model, args.start)
    optimizer = keras.optimizers.Adam(1e-3, beta_2=0.99, global_clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    averages = [tf.Variable(v) for v in model.trainable_variables]

    def losses_of(picture: tf.Tensor, features: list[tf.Tensor]) -> tf.Tensor:
        """(BATCH, 3) of content, style and smoothness, weighted as the plugin does.

        ``features``: of the photos, the same in the paintings' colours, the paintings.
        """
        ours = network.model(picture, training=False)
        rows = []
        for i in range(BATCH):
            one, other = slice(i, i + 1), slice(2 * BATCH + i, 2 * BATCH + i + 1)
            style = [
                style_loss(statistics(a[one]), statistics(b[other]))
                for a, b in zip(ours, features, strict=True)
            ]
            content = content_loss(ours[content_at][one], features[content_at][one])
            smooth = total_variation(picture[one])
            rows.append([CONTENT * content, STYLE * tf.reduce_mean(style), SMOOTHNESS * smooth])
        return tf.stack([tf.stack(row) for row in rows])

    @tf.function(input_signature=[tf.TensorSpec((3 * BATCH, CROP, CROP, 3))])
    def encode(all_pictures: tf.Tensor):
        features = network.model(all_pictures, training=False)
        style = [moments(f[2 * BATCH :]) for f in features]
        return all_pictures[BATCH : 2 * BATCH], features, style

    def prepared(photo: np.ndarray, coloured: np.ndarray, painting: np.ndarray):
        """Arguments of ``forward``: nothing here needs a gradient."""
        return encode(tf.constant(np.concatenate([photo, coloured, painting])))

    def forward(coloured: tf.Tensor, features: list[tf.Tensor], style: list[Moments]):
        ours = [f[BATCH : 2 * BATCH] for f in features]
        return coloured + painted(model, ours, coloured, style)

    @tf.function
    def learn(coloured: tf.Tensor, features: list, style: list, keep: tf.Tensor):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in model.trainable_variables])
            picture = forward(coloured, features, style)
            outside = tf.reduce_mean(tf.abs(picture - tf.clip_by_value(picture, 0.0, 255.0)))
            losses = losses_of(picture, features)
            # the logarithm, so that odd paintings with a large loss do not drown the others
            loss = tf.reduce_mean(tf.math.log(tf.reduce_sum(losses, 1) + 0.02)) + 0.02 * outside
        gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        for average, variable in zip(averages, model.trainable_variables, strict=True):
            average.assign(keep * average + (1 - keep) * variable)
        return losses

    @tf.function
    def judge(coloured: tf.Tensor, features: list, style: list):
        result = tf.clip_by_value(forward(coloured, features, style), 0.0, 255.0)
        return losses_of(coloured, features), losses_of(result, features)

    rng = np.random.default_rng((args.seed, 2**40))
    held_out = [batch(rng, pictures["val"], drawings, real) for _ in range(10)]
    ready: queue.Queue[Batch] = queue.Queue(4)

    def supply() -> None:
        for step in range(args.steps):
            ready.put(batch(np.random.default_rng((args.seed, step)), photos, drawings, real))

    threading.Thread(target=supply, daemon=True).start()

    def report(step: int) -> None:
        backup = [v.numpy() for v in model.trainable_variables]
        for variable, average in zip(model.trainable_variables, averages, strict=True):
            variable.assign(average)
        scores = np.mean(
            [[x.numpy().mean(0) for x in judge(*prepared(*b))] for b in held_out], 0, float
        )
        tensors = {v.path.replace("/", "."): v.numpy().astype(np.float16) for v in model.variables}
        for variable, value in zip(model.trainable_variables, backup, strict=True):
            variable.assign(value)
        names = ("content", "style", "smoothness")
        log.append(
            {"step": step, "minutes": round((time.time() - began) / 60, 1)}
            | {
                which: dict(zip(names, np.round(row, 4).tolist(), strict=True))
                for which, row in zip(("colours only", "preview"), scores, strict=True)
            }
        )
        print(json.dumps(log[-1]), flush=True)
        args.out.mkdir(parents=True, exist_ok=True)
        save_file(tensors, args.out / "preview.safetensors")
        about = {
            "seed": args.seed,
            "steps": step,
            "planned_steps": args.steps,
            "rate": args.rate,
            "crop": CROP,
            "batch": BATCH,
            "parameters": model.count_params(),
            "weights": {"content": CONTENT, "style": STYLE, "smoothness": SMOOTHNESS},
            "held_out": log,
        }
        (args.out / "preview.json").write_text(json.dumps(about, indent=1) + "\n")

    log: list[dict[str, object]] = []
    start = time.time()
    for step in range(1, args.steps + 1):
        # the rate falls with the share of the steps or of the time that is used up
        used = max(step / args.steps, (time.time() - began) / (60 * args.minutes))
        rate = args.rate * min(1.0, step / 50) * (0.02 + 0.49 * (1 + np.cos(np.pi * min(used, 1))))
        optimizer.learning_rate = rate
        keep = min(0.99, 1 - 10 / (step + 9))
        losses = learn(*prepared(*ready.get()), tf.constant(keep, tf.float32))
        if step % 25 == 0:
            each = (time.time() - start) / step
            print(step, f"{each:.2f} s each", np.round(losses.numpy().mean(0), 3), flush=True)
        if step % 250 == 0 or used >= 1:
            report(step)
        if used >= 1:
            break


if __name__ == "__main__":
    main()
