"""The published sets of training pictures, and getting their files. No PyTorch here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from host import UserError
from host.weights import Progress, WeightFile, WeightsStore

MAX_VALUES = 100_000_000
"""Numbers that training pictures may have in all; as float32 they take 400 MB."""

_DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Source:
    """A set of training pictures.

    size: the side of a picture as published, in pixels. channels: 1 for grey, 3 for colour.
    labels: the names of its ``classes`` classes. count: how many pictures it has.
    files: what is to be downloaded, none for what comes with the app; and layout how that is
        read: "idx" (LeCun's format, one file of pictures and one of labels) or "cifar" (the
        binary version's tar.gz).
    """

    name: str
    title: str
    size: int
    channels: int
    classes: int
    labels: tuple[str, ...]
    count: int
    files: tuple[WeightFile, ...] = ()
    layout: str = ""


def _idx(
    prefix: str, base: str, files: dict[str, tuple[str, int]], licence: str
) -> tuple[WeightFile, ...]:
    return tuple(
        WeightFile(f"{prefix}-{name}", base + name, f"md5:{md5}", size, licence, base)
        for name, (md5, size) in files.items()
    )


_MNIST_LICENCE = "CC BY-SA 3.0"
_FASHION_LICENCE = "MIT"
_CIFAR_LICENCE = "none stated; free to use with a citation of Krizhevsky 2009"

# The addresses and md5 sums are those of torchvision.datasets and of the authors' pages.
SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            name="digits",
            title="scikit-learn's digits",
            size=8,
            channels=1,
            classes=10,
            labels=_DIGITS,
            count=1_797,
        ),
        Source(
            name="mnist",
            title="MNIST digits",
            size=28,
            channels=1,
            classes=10,
            labels=_DIGITS,
            count=60_000,
            files=_idx(
                "mnist",
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                {
                    "train-images-idx3-ubyte.gz": ("f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
                    "train-labels-idx1-ubyte.gz": ("d53e105ee54ea40749a09fcbcd1e9432", 28_881),
                },
                _MNIST_LICENCE,
            ),
            layout="idx",
        ),
        Source(
            name="fashion-mnist",
            title="Fashion-MNIST",
            size=28,
            channels=1,
            classes=10,
            labels=(
                *("T-shirt or top", "Trousers", "Pullover", "Dress", "Coat"),
                *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
            ),
            count=60_000,
            files=_idx(
                "fashion-mnist",
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                {
                    "train-images-idx3-ubyte.gz": ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
                    "train-labels-idx1-ubyte.gz": ("25c81989df183df01b3e8a0aad5dffbe", 29_515),
                },
                _FASHION_LICENCE,
            ),
            layout="idx",
        ),
        Source(
            name="cifar10",
            title="CIFAR-10",
            size=32,
            channels=3,
            classes=10,
            labels=tuple("airplane automobile bird cat deer dog frog horse ship truck".split()),
            count=50_000,
            # The binary version: the Python version is pickles, which can run code when opened.
            files=(
                WeightFile(
                    "cifar-10-binary.tar.gz",
                    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                    "md5:c32a1d4ab5d03f1284b67883e8d87530",
                    170_052_171,
                    _CIFAR_LICENCE,
                    "https://www.cs.toronto.edu/~kriz/cifar.html",
                ),
            ),
            layout="cifar",
        ),
    )
}


# Of the ten thousand that training never sees.
MNIST_TEST = WeightFile(
    "mnist-t10k-images-idx3-ubyte.gz",
    "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-images-idx3-ubyte.gz",
    "md5:9fb629c4189551a2d022fa330f9573f3",
    1_648_877,
    _MNIST_LICENCE,
    "http://yann.lecun.com/exdb/mnist/",
)


def known(name: str | Source) -> Source:
    """The source of that name. Raises UserError for another name."""
    if isinstance(name, Source):
        return name
    source = SOURCES.get(name) if isinstance(name, str) else None
    if source is None:
        raise UserError(f"The training pictures must be one of {', '.join(SOURCES)}.")
    return source


def store_of(folder: WeightsStore | Path, allow_download: bool = True) -> WeightsStore:
    """``folder`` as a store; a store stays offline where it is so already."""
    if isinstance(folder, WeightsStore):
        offline = folder.offline or not allow_download
        return WeightsStore(folder.directory, folder.cache, offline, folder.timeout)
    return WeightsStore(None, Path(folder), offline=not allow_download)


def local(name: str | Source, folder: WeightsStore | Path) -> list[Path] | None:
    """The verified files of a source, or None while one is missing; opens no connection."""
    store = store_of(folder, allow_download=False)
    paths = [store.find(file) for file in known(name).files]
    found = [path for path in paths if path is not None]
    return found if len(found) == len(paths) else None


def fetch(name: str | Source, folder: WeightsStore | Path) -> Iterator[Progress]:
    """Download a source's files; yields bytes done and in all, over all of them.

    What is here already is not downloaded again. The last progress has ``done == total``; closed
    early, the files that are complete stay. Raises UserError when the files cannot be had, or
    at once for an unknown source and for one that comes with the app.
    """
    source = known(name)
    if not source.files:
        raise UserError(f"{source.title} come with the app: there is nothing to download.")
    return _fetch(source, store_of(folder))


def _fetch(source: Source, store: WeightsStore) -> Iterator[Progress]:
    sizes = {file.name: file.size for file in source.files}
    before = 0
    for file in source.files:
        try:
            for progress in store.fetch(file):
                sizes[file.name] = progress.total
                yield Progress(before + progress.done, sum(sizes.values()))
        except UserError as error:
            raise UserError(f"{error} {alternative(source)}") from error
        before += sizes[file.name]


def alternative(source: Source) -> str:
    """What to do where a source cannot be had."""
    return (
        f'Instead of {source.title}, choose "{SOURCES["digits"].title}", which come with the app.'
    )
