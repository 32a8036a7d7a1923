"""Games worth watching, each with what to watch for. No torch."""

from __future__ import annotations

from plugins.gan.playground.settings import PlaySettings

PRESETS: dict[str, tuple[str, PlaySettings]] = {
    "A good start": (
        "The generator bends its sheet of noise into a ring, and JS falls.",
        PlaySettings(),
    ),
    "Mode collapse": (
        "Nine lumps, and a generator that runs after one at a time: five of its updates for one of "
        "a small discriminator, without a penalty. Watch the modes covered.",
        PlaySettings(
            distribution="grid",
            objective="bce",
            layers_d=1,
            neurons_d=16,
            rate_g=1e-2,
            rate_d=1e-3,
            updates_g=5,
            updates_d=1,
        ),
    ),
    "The discriminator stays ahead": (
        "A large discriminator learns a hundred times as fast: it always tells the two apart, and "
        "the generator settles on one lump and never finds the other.",
        PlaySettings(
            distribution="two gaussians",
            objective="bce",
            layers_d=3,
            neurons_d=64,
            rate_g=1e-4,
            rate_d=1e-2,
            updates_d=5,
        ),
    ),
    "Generator frozen": (
        "Only the discriminator learns: its colours show how real each place would be to the "
        "best judge of these fakes.",
        PlaySettings(distribution="two gaussians", updates_g=0),
    ),
    "WGAN-GP on a grid": (
        "A critic whose slope is held near 1: the arrows are alike in length nearly everywhere. "
        "Count the lumps it finds.",
        PlaySettings(
            distribution="grid",
            objective="wgan-gp",
            updates_d=3,
            neurons_g=64,
            neurons_d=64,
            rate_g=1e-3,
            rate_d=2e-3,
        ),
    ),
    "One number of noise cannot fill a disc": (
        "The generator makes a curve of its single number: it winds through the discs, but never "
        "fills them.",
        PlaySettings(distribution="disjoint", noise_size=1),
    ),
}
