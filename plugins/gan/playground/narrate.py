"""One turn told in sub-steps. What it plays is what :meth:`Game.turn` would have played."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from plugins.gan.playground.game import Game
from plugins.gan.playground.look import Look
from plugins.gan.playground.results import Frame


def narrate(game: Game, look: Look, player: str) -> Iterator[Frame]:
    """Frames of the updates of "D", "G" or "both"; the last one holds the turn as counted.

    The pictures change where a network has changed: at "update D" the heat map, the scores and
    the arrows, at "update G" the fakes and the manifold too.
    """
    s = game.settings
    last = None
    if player in ("D", "both"):
        for frame in _of_discriminator(game, look, s.updates_d):
            if last is not None:
                yield last
            last = frame
    if player in ("G", "both"):
        for frame in _of_generator(game, look, s.updates_g):
            if last is not None:
                yield last
            last = frame
    assert last is not None  # a frozen player has a frame too
    game.step += 1
    yield look.frame(game, last.phase, last.caption)


def _of_discriminator(game: Game, look: Look, updates: int) -> Iterator[Frame]:
    s = game.settings
    now = look.frame(game)
    if not updates:
        yield _said(now, "update D", "The discriminator is frozen: it makes no updates.")
        return
    for update in range(updates):
        which = f" (update {update + 1} of {updates})" if updates > 1 else ""
        reals, latents = game.batch()
        numbers = "one random number" if s.noise_size == 1 else "two random numbers"
        yield _said(
            now, "noise", f"The discriminator's turn{which}: {numbers} for each of {s.batch} fakes."
        )
        yield _said(
            now,
            "generate",
            f"The generator makes a point of each; {now.quality:.0%} of its points lie near "
            "real ones.",
        )
        yield _said(now, "judge", _judged(now))
        yield _said(
            now,
            "loss D",
            f"The discriminator's loss is {now.loss_d:.3f}: it falls when real points score "
            "higher and fakes lower.",
        )
        game.update_d(reals, latents)
        before, now = now, look.frame(game)
        yield _said(
            now,
            "update D",
            f"Its weights move a little: the loss goes from {before.loss_d:.3f} to "
            f"{now.loss_d:.3f}, and the colours of the plane change.",
        )


def _of_generator(game: Game, look: Look, updates: int) -> Iterator[Frame]:
    s = game.settings
    now = look.frame(game)
    if not updates:
        yield _said(now, "update G", "The generator is frozen: it makes no updates.")
        return
    for update in range(updates):
        which = f" (update {update + 1} of {updates})" if updates > 1 else ""
        latents = game.noise()
        yield _said(
            now,
            "generate again",
            f"The generator's turn{which}: it makes {s.batch} new points from new noise.",
        )
        yield _said(now, "judge again", _judged(now))
        yield _said(
            now,
            "loss G",
            f"The generator's loss is {now.loss_g:.3f}: it falls when its points score higher.",
        )
        length = float((now.gradient**2).sum(1).mean() ** 0.5)
        yield _said(
            now,
            "gradient",
            "The arrows show which way each fake should move to lower that loss, and how "
            f"strongly: {length:.2f} on average.",
        )
        game.update_g(latents)
        before, now = now, look.frame(game)
        moved = float(((now.fake - before.fake) ** 2).sum(1).mean() ** 0.5)
        yield _said(
            now,
            "update G",
            f"Its weights move a little: the points move by {moved:.3f} on average, and the loss "
            f"goes from {before.loss_g:.3f} to {now.loss_g:.3f}.",
        )


def _judged(frame: Frame) -> str:
    return (
        f"The discriminator scores real points {frame.score_real.mean():.2f} and fakes "
        f"{frame.score_fake.mean():.2f} on average, where 1 means surely real."
    )


def _said(frame: Frame, phase: str, caption: str) -> Frame:
    return replace(frame, phase=phase, caption=caption)
