"""The networks that can read a picture: what they are, their layers, where their weights come from.

No framework is imported here: the tab reads this too.
"""

from __future__ import annotations

from dataclasses import dataclass

from host.weights import WeightFile

_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/"


@dataclass(frozen=True)
class StyleModel:
    """One network.

    name: for the API. title: for the visitor.
    weights: the published file to get; None where they ship with Triptych.
    about: one sentence for the visitor.
    layers: every layer that can be looked at, shallow to deep; all are behind a ReLU.
    style_layers: the five that say how a picture is painted, shallow to deep.
    content_layer: the one that says what it shows.
    pools: whether one can choose how it pools; the others pool as they were trained.
    """

    name: str
    title: str
    weights: WeightFile | None
    about: str
    layers: tuple[str, ...]
    style_layers: tuple[str, ...]
    content_layer: str
    pools: bool = True


def _blocks(*depths: int) -> tuple[str, ...]:
    """The convolutions of a VGG whose blocks have so many."""
    return tuple(
        f"block{block}_conv{conv}"
        for block, depth in enumerate(depths, 1)
        for conv in range(1, depth + 1)
    )


_VGG_LICENCE = "CC BY 4.0"
_VGG_SOURCE = (
    "Visual Geometry Group, University of Oxford (Simonyan and Zisserman 2014), "
    "as converted for Keras applications"
)
_VGG_STYLE_LAYERS = tuple(f"block{block}_conv1" for block in range(1, 6))

# The paper's first: the order in which they are looked for when none is named. The hashes of
# vgg19, vgg16 and resnet50 are those that Keras 3 checks (keras/src/applications).
MODELS: tuple[StyleModel, ...] = (
    StyleModel(
        name="vgg19",
        title="VGG19",
        weights=WeightFile(
            name="vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
            url=_KERAS + "vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
            hash="md5:253f8cb515780f3b799900260a226db6",
            size=80_134_624,
            licence=_VGG_LICENCE,
            source=_VGG_SOURCE,
        ),
        about="The network of Gatys et al. 2016, whose layers it reads: the best known results, "
        "and the slowest.",
        layers=_blocks(2, 2, 4, 4, 4),
        style_layers=_VGG_STYLE_LAYERS,
        content_layer="block4_conv2",
    ),
    StyleModel(
        name="vgg16",
        title="VGG16",
        weights=WeightFile(
            name="vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
            url=_KERAS + "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
            hash="md5:6d6bbae143d832006294945121d1f1fc",
            size=58_889_256,
            licence=_VGG_LICENCE,
            source=_VGG_SOURCE,
        ),
        about="VGG19's smaller sister, much like it and a little faster.",
        layers=_blocks(2, 2, 3, 3, 3),
        style_layers=_VGG_STYLE_LAYERS,
        content_layer="block4_conv2",
    ),
    StyleModel(
        name="squeezenet",
        title="SqueezeNet v1.1",
        weights=WeightFile(
            name="squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
            # the repository's own file at one commit: it cannot change under the hash
            url="https://raw.githubusercontent.com/DeepCognition/keras-squeezenet/"
            "a73d4339aa4d37c51a0b3ba044bed55477abec73/"
            "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
            hash="sha256:17154246284f555591549ac2c83e127abfbf4307dc4b0060fdaa2931d0fa38da",
            size=3_002_560,
            licence="MIT",
            source="keras-squeezenet (DeepCognition, as rcmalli), from Iandola et al. 2016",
        ),
        about="A very small network that was trained on ImageNet: a 3 MB download, and fast.",
        layers=("conv1", *(f"fire{number}" for number in range(2, 10))),
        style_layers=("conv1", "fire3", "fire5", "fire7", "fire9"),
        content_layer="fire5",
    ),
    StyleModel(
        name="resnet50",
        title="ResNet50",
        weights=WeightFile(
            name="resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
            url=_KERAS + "resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
            hash="md5:4d473c1dd8becc155b73f8504c6f6626",
            size=94_765_736,
            licence="MIT",
            source="He, Zhang, Ren and Sun 2015, as converted for Keras applications",
        ),
        about="A residual network, there to compare: such networks paint worse than VGG, because a "
        "few strong features rule their deep layers (Wang, Li and Vasconcelos 2021).",
        layers=(
            "conv1_relu",
            *(
                f"conv{stage}_block{block}_out"
                for stage, depth in enumerate((3, 4, 6, 3), 2)
                for block in range(1, depth + 1)
            ),
        ),
        style_layers=(
            "conv1_relu",
            "conv2_block3_out",
            "conv3_block4_out",
            "conv4_block6_out",
            "conv5_block3_out",
        ),
        content_layer="conv3_block4_out",
        pools=False,
    ),
    StyleModel(
        name="embedded",
        title="Embedded network",
        weights=None,
        about="Ships with Triptych: a small network that was taught to see as SqueezeNet does.",
        layers=(
            "conv1",
            "conv2",
            "conv3_1",
            "conv3_2",
            "conv4_1",
            "conv4_2",
            "conv5_1",
            "conv5_2",
        ),
        style_layers=("conv1", "conv2", "conv3_2", "conv4_2", "conv5_2"),
        content_layer="conv4_2",
    ),
)

BY_NAME: dict[str, StyleModel] = {model.name: model for model in MODELS}

AUTO_ORDER = ("vgg19", "vgg16", "embedded")
"""What "auto" looks for: the others are there to compare, and paint worse."""
