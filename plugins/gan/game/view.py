"""A turn of the two-player game as a board: who saw what, who was rewarded, what it is worth."""

from __future__ import annotations

import base64
import math

import numpy as np

from host.images import to_png
from plugins.gan.curves import BLUE, ORANGE
from plugins.gan.game.results import Turn

AFTERWARDS = (
    "**Why D is thrown away afterwards.** When the game is over G draws as the real pictures are "
    "distributed, and the best D there is can only guess: it answers ½ to everything and says "
    "nothing any more (Goodfellow et al. 2014, prop. 1 and theorem 1). D was G's teacher, and a "
    "teacher who knows only how *this* pupil errs is of little use to others. What is kept is G; "
    "or, in Train, D as a critic for as long as it is still better than chance."
)

_CARD = (
    "border:1px solid var(--border-color-primary);border-radius:8px;padding:10px;"
    "background:var(--block-background-fill)"
)


def empty() -> str:
    return (
        f"<div style='{_CARD};text-align:center;color:var(--body-text-color-subdued)'>"
        "Press <b>Play one turn</b>: both networks are new and know nothing.</div>"
    )


def board(turn: Turn) -> str:
    """HTML of the whole turn; three columns on a wide screen, one below the other on a phone."""
    (real, fake), (after_d_real, after_d_fake), (after_g_real, after_g_fake) = turn.values
    value, after_d, after_g = real + fake, after_d_real + after_d_fake, after_g_real + after_g_fake
    columns = "".join(
        f"<div style='{_CARD}'>{part}</div>"
        for part in (_saw(turn), _discriminator(turn, value, after_d), _generator(turn))
    )
    guess = -math.log(4)
    return (
        "<div style='color:var(--body-text-color)'>"
        f"<div style='display:grid;gap:10px;grid-template-columns:"
        f"repeat(auto-fit,minmax(260px,1fr))'>{columns}</div>"
        f"<div style='{_CARD};margin-top:10px'><b>What the game is worth, turn {turn.number:,}</b>"
        "<div style='margin:6px 0'>V(D, G) = mean log D(x) + mean log(1 − D(G(z))): "
        "D wants it high, G wants it low: its step lowers −log D(G(z)), which ends at the same "
        "point and pulls harder while D is ahead.</div>"
        f"{_worth('before the turn', real, fake, value)}"
        f"{_worth('after D learned', after_d_real, after_d_fake, after_d)}"
        f"{_worth('after G learned', after_g_real, after_g_fake, after_g)}"
        f"<div style='margin-top:6px'>When D can only guess, V = −log 4 = {guess:.3f}; when D is "
        f"never fooled, V = 0. {_who(after_g, guess)}</div></div></div>"
    )


def _saw(turn: Turn) -> str:
    return (
        f"<b>1. What was played</b>"
        f"<div style='margin-top:6px'><span style='color:{BLUE}'>&#9679;</span> Real pictures x: "
        f"only D sees them</div>{_picture(turn.real)}"
        f"<div style='margin-top:6px'><span style='color:{ORANGE}'>&#9650;</span> G turned random "
        f"numbers z into G(z): D sees these too</div>{_picture(turn.fake)}"
        "<small>The real ones are labelled 1, the generated ones 0; G is shown no label and no "
        "real picture.</small>"
    )


def _discriminator(turn: Turn, value: float, after: float) -> str:
    gained = after - value
    return (
        "<b>2. D scores, then learns</b>"
        f"{_bars('real x', turn.score_real, turn.after_d_real, BLUE)}"
        f"{_bars('generated G(z)', turn.score_fake, turn.after_d_fake, ORANGE)}"
        f"<div style='margin-top:6px'>{_rewarded('D', gained, 'V rose', 'V fell')}</div>"
        "<small>Pale: before; full: after it learned. D's probability of “real”.</small>"
    )


def _generator(turn: Turn) -> str:
    gained = float(turn.after_g_fake.mean() - turn.after_d_fake.mean())
    return (
        "<b>3. G learns from D's answer</b>"
        f"{_picture(turn.improved)}"
        f"{_bars('the same z, before and after', turn.after_d_fake, turn.after_g_fake, ORANGE)}"
        f"<div style='margin-top:6px'>"
        f"{_rewarded('G', gained, 'D(G(z)) rose', 'D(G(z)) fell')}</div>"
        "<small>G moved each pixel the way in which D's score rises: the gradient came through "
        "D.</small>"
    )


def _bars(name: str, before: np.ndarray, after: np.ndarray, colour: str) -> str:
    rows = "".join(
        "<div style='flex:1;height:54px;position:relative;"
        "border-bottom:1px solid var(--border-color-primary)'>"
        f"<div style='position:absolute;bottom:0;left:4%;width:42%;height:{a:.0%};"
        f"background:{colour};opacity:.35'></div>"
        f"<div style='position:absolute;bottom:0;right:4%;width:42%;height:{b:.0%};"
        f"background:{colour}'></div></div>"
        for a, b in zip(before, after, strict=True)
    )
    return (
        f"<div style='margin-top:6px'>{name}: mean <b>{before.mean():.2f}</b> → "
        f"<b>{after.mean():.2f}</b></div><div style='display:flex;gap:2px'>{rows}</div>"
    )


def _rewarded(player: str, gained: float, good: str, bad: str) -> str:
    if gained > 0:
        return f"<b>&#10003; {player} is rewarded</b>: {good} by {gained:.3f}."
    return f"{player} is not rewarded this time: {bad} by {-gained:.3f}."


def _worth(when: str, real: float, fake: float, value: float) -> str:
    share = min(max(1 + value / 3, 0.0), 1.0)
    return (
        "<div style='display:grid;grid-template-columns:minmax(7em,1fr) 2fr;gap:8px;"
        f"align-items:center'><span>{when}</span><span>{real:.3f} + ({fake:.3f}) = "
        f"<b>{value:.3f}</b><span style='display:block;height:6px;border-radius:3px;"
        "background:var(--border-color-primary)'><span style='display:block;height:6px;"
        f"border-radius:3px;width:{share:.0%};background:{BLUE}'></span></span></span></div>"
    )


def _who(value: float, guess: float) -> str:
    if value > guess / 2:
        return "Now D is winning: it tells them apart easily."
    if value < guess - 0.1:
        return "Now G is winning: D is more often wrong than a guess would be."
    return "Now it is close: D is not far from guessing."


def _picture(sheet: np.ndarray) -> str:
    data = base64.b64encode(to_png(sheet)).decode()
    return (
        f"<img src='data:image/png;base64,{data}' alt='' "
        "style='width:100%;image-rendering:pixelated;border-radius:4px'>"
    )
