"""What the inside tab says: of each part why it is there, and of each answer what it is."""

from __future__ import annotations

import re

from host import UserError
from plugins.style.inside.results import Layer, Patches, ReconstructStep
from plugins.style.models import BY_NAME

ABOUT = """\
A network turns a picture into **feature maps**, layer by layer: each channel of a layer is a filter
that answers everywhere in the picture. Here you see what the filters see, what a layer keeps of a
picture, and why style is what does not depend on *where*.
"""
MAPS = """\
Each square is one channel of the layer; white is where it answers most, black is 0. **Shallow**
layers answer to edges and colours and are as sharp as the picture. **Deep** ones see larger and
larger parts of it (the receptive field) and answer to patterns and parts of things, coarsely.
"""
EXCITE = """\
The picture on the left is **grown from noise until the filter answers as much as it can**: the
filter's own pattern (activation maximisation: Erhan, Bengio, Courville and Vincent 2009,
*Visualizing Higher-Layer Features of a Deep Network*). Then come the places of *your* picture that
it answers to most, each with its answer, and where they are (red).
"""
GRAM = """\
The **Gram matrix** of a layer says how much every two channels answer *together*, summed over the
whole picture. Where they do so is summed away: what stays is **style**. The covariance is the same
without the channels' means. Bright blocks are channels that go together, say one colour and one
direction of stroke. Give a second picture to compare the two.
"""
RECONSTRUCT = """\
A picture of noise is changed **until the layer cannot tell it from yours**. *Content* of a shallow
layer brings back nearly every pixel; of a deep one only what is where: colours and fine strokes are
free ([Mahendran and Vedaldi 2015](https://doi.org/10.1109/CVPR.2015.7299155)). *Style* of the
layers up to yours brings back the texture at other places, in larger pieces the deeper they go
([Gatys et al. 2016, figure 1](https://doi.org/10.1109/CVPR.2016.265)).
"""
REARRANGED = """\
All channels of the feature maps are **rearranged in the same way**: mirrored, shuffled or turned.
To the Gram matrix nothing has happened, so the **style loss is 0**; everything is at another place,
so the content loss is large. The same done to the **picture** is not the same: a mirrored filter
would be needed to answer equally. Mirrored, its style loss is small; with its *pixels* shuffled it
is large, for the strokes are gone.
"""


def numbers(text: str) -> tuple[int, ...]:
    """The whole numbers in "3, 17 40". Raises UserError for anything else."""
    words = [word for word in re.split(r"[\s,;]+", text or "") if word]
    if not all(re.fullmatch(r"[0-9]{1,6}", word) for word in words):
        raise UserError("Please name channels by their numbers, such as 3, 17, 40.")
    return tuple(int(word) for word in words)


def of(layer: Layer) -> str:
    title = BY_NAME[layer.network].title if layer.network in BY_NAME else layer.network
    return (
        f"{title}, {layer.name}: {layer.channels} maps of {layer.width} x {layer.height}, one "
        f"position every {layer.stride} pixels; each sees {layer.receptive_field} x "
        f"{layer.receptive_field} pixels."
    )


def answer(patches: Patches | None) -> str:
    if patches is None:
        return ""
    if not patches.activations:
        return "To your picture it does not answer at all."
    return (
        f"To your picture it answers {patches.mean:.2f} on average, "
        f"{patches.activations[0]:.2f} at most."
    )


def progress(step: ReconstructStep) -> str:
    left = f", about {step.left:.0f} s left" if step.left else ""
    loss = "" if step.loss is None else f": loss {step.loss:.3g} (0 is equal)"
    return f"Step {step.step} of {step.steps}{loss}{left}. Layers: {', '.join(step.layers)}."
