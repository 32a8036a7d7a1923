"""TensorFlow's tutorial "Neural style transfer", given our network, losses and pictures."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from style_task import MARGIN, Curve, Task

from plugins.style import losses

if TYPE_CHECKING:
    from plugins.style.networks import Network


class AdamPeer:
    """TensorFlow's recipe: Adam on a variable in 0..1 that starts as the photo, clipped each step.

    The tutorial's losses are so large (style weight 1e-2 and content weight 1e4 on raw Gram
    matrices) that Adam's epsilon of 0.1 hardly matters. Ours are around 1: they are scaled.
    """

    scale = 1e7

    def __init__(self, network: Network, task: Task, target: Any, photo: np.ndarray) -> None:
        self._network, self._task, self._target = network, task, target
        self._photo = tf.constant(photo[None] / 255.0, tf.float32)
        self.run(3)  # compiles

    def start(self) -> tuple[float, np.ndarray]:
        """Total loss of the photo and its gradient (H, W, 3) per grey level."""
        with tf.GradientTape() as tape:
            tape.watch(self._photo)
            total = self._total(self._photo)
        return float(total), tape.gradient(total, self._photo).numpy()[0] / 255.0

    def run(self, evaluations: int) -> Curve:
        image = tf.Variable(self._photo)
        optimizer = tf.optimizers.Adam(learning_rate=0.02, beta_1=0.99, epsilon=1e-1)

        @tf.function
        def step() -> tf.Tensor:
            with tf.GradientTape() as tape:
                total = self._total(image)
                loss = self.scale * total
            gradient = tape.gradient(loss, image)
            optimizer.apply_gradients([(gradient, image)])
            image.assign(tf.clip_by_value(image, 0.0, 1.0))
            return total

        optimizer.build([image])
        step()  # traced before the clock starts; then all is as it was
        image.assign(self._photo)
        for variable in optimizer.variables:
            if variable.path.split("/")[-1] != "learning_rate":
                variable.assign(tf.zeros_like(variable))
        curve, began = Curve([], []), time.perf_counter()
        for _ in range(evaluations):
            curve.losses.append(float(step()))
            curve.seconds.append(time.perf_counter() - began)
        return curve

    def _total(self, image: Any) -> Any:
        task, picture = self._task, image * 255.0
        sides = [[0, 0], [MARGIN, MARGIN], [MARGIN, MARGIN], [0, 0]]
        outputs = self._network.model(tf.pad(picture, sides, "SYMMETRIC"), training=False)
        features = {
            name: output[:, cut:-cut, cut:-cut] if cut else output
            for name, output, cut in zip(task.layers, outputs, task.cuts, strict=True)
        }
        (region,) = self._target.regions
        style = tf.add_n(
            [
                share * losses.style_loss(losses.statistics(features[name]), theirs)
                for (name, share), theirs in zip(task.style.items(), region.statistics, strict=True)
            ]
        )
        content = losses.content_loss(features[task.content], self._target.content[0])
        parts = (content, style, losses.total_variation(picture))
        return tf.add_n([weight * part for weight, part in zip(task.weights, parts, strict=True)])
