"""Pictures to try: drawings by this project's own programs, photos that scikit-learn brings."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from host.shipped import shipped

PHOTO_CREDITS = (
    "[china](https://www.flickr.com/photos/danielbuechele/6061409035/) by danielbuechele and "
    "[flower](https://www.flickr.com/photos/vultilion/6056698931/) by vultilion, "
    "[CC BY 2.0](https://creativecommons.org/licenses/by/2.0/), from scikit-learn."
)
SMALL = sorted(shipped("assets", "gan").glob("enlarge_*.png"))
LINES = sorted(shipped("assets", "gan").glob("drawing_*.png"))


def people(number: int) -> list[Path]:
    """The drawn people, in their first or second picture."""
    return sorted(shipped("assets", "face").glob(f"*_{number}.jpg"))


def photos() -> list[Path]:
    """The photos in scikit-learn's package, found without importing it."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        return []
    folder = Path(next(iter(spec.submodule_search_locations))) / "datasets" / "images"
    return [path for name in ("china.jpg", "flower.jpg") if (path := folder / name).is_file()]
