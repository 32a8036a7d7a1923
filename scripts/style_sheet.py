"""Make the contact sheet beside the embedded network's card: pictures that may be shown.

    pip install scikit-image
    python scripts/style_sheet.py [--data data] [--size 256] [--steps 80]

Six photos x this project's five paintings, each painted with the embedded network, with random
filters and with SqueezeNet, its teacher. Photos: china and flower from scikit-learn (CC BY 2.0, by
danielbuechele and vultilion); astronaut (NASA, public domain), chelsea, coffee and rocket (CC0)
from scikit-image. Writes assets/style/embedded.webp.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import skimage.data
import sklearn.datasets
from style_painters import PAINTERS, ROOT, make_painters, paint, sheet

from host import images
from plugins.style.examples import PAINTINGS
from plugins.style.pictures import fitted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path, default=ROOT / "assets" / "style" / "embedded.webp")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=80)
    args = parser.parse_args()
    photos = {
        name: np.array(sklearn.datasets.load_sample_image(f"{name}.jpg"))
        for name in ("china", "flower")
    } | {
        name: getattr(skimage.data, name)() for name in ("astronaut", "chelsea", "coffee", "rocket")
    }
    photos = {name: fitted(photo, args.size) for name, photo in photos.items()}
    paintings = {path.stem: fitted(images.load(path), args.size) for path in PAINTINGS}
    painters = make_painters(args.data)
    made = {}
    for name, photo in photos.items():
        for title, painting in paintings.items():
            for painter in PAINTERS:
                picture = paint(painters[painter], photo, painting, args.steps, 1.0)
                made[painter, name, title, 1.0] = picture
        print(name, flush=True)
    sheet(made, photos, paintings, 200).save(args.out, quality=80, method=6)


if __name__ == "__main__":
    main()
