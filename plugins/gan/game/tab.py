"""The two-player game on one screen: a small GAN on scikit-learn's digits, turn by turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from host.ui import QUIET
from plugins.gan.game import view
from plugins.gan.game.results import Turn


def build(backend: Any) -> None:
    """Writes the sub-tab."""
    state: Any = gr.State(None)
    gr.Markdown(
        "The **generator** G never sees a real picture. It is told one thing only: in which "
        "direction its pictures would have to change for the **discriminator** D to call them "
        "real. D sees both kinds and is told which is which. Play, and watch who is rewarded."
    )
    with gr.Row():
        one = gr.Button("Play one turn", variant="primary", min_width=110)
        ten = gr.Button("10 turns", min_width=90)
        many = gr.Button("200 turns", min_width=90)
        again = gr.Button("Start again", min_width=90)
        seed = gr.Number(0, precision=0, minimum=0, label="Seed", min_width=80)
    said = gr.Markdown()
    board = gr.HTML(view.empty(), label="The game", elem_id="gan-game")
    gr.Markdown(view.AFTERWARDS)

    def play(state: bytes | None, seed: float, turns: int) -> Iterator[tuple[Any, Any, Any]]:
        for step in backend.turns(turns, state, seed):
            if isinstance(step, Turn):
                yield "", view.board(step), step.state
            else:
                yield f"Playing: {step} of {turns} turns", gr.skip(), gr.skip()

    def gan_turn(turns: float = 1, seed: float = 0) -> Iterator[str]:
        """Play the two-player game from its start, and look at the last turn.

        Args:
            turns: 1 to 1000 turns.
            seed: 0 to 4294967295; decides weights, pictures and latents.

        Returns:
            The last turn as HTML: what each network saw, its scores, and the minimax value.
        """
        for step in backend.turns(turns, None, seed):
            if isinstance(step, Turn):
                yield view.board(step)

    for button, turns in ((one, 1), (ten, 10), (many, 200)):
        button.click(
            _bound(play, turns),
            [state, seed],
            [said, board, state],
            api_visibility="private",
            show_progress="minimal",
        )
    again.click(lambda: ("", view.empty(), None), None, [said, board, state], queue=False, **QUIET)
    gr.api(gan_turn, api_name="gan_turn")


def _bound(play: Any, turns: int) -> Any:
    def these(state: bytes | None, seed: float) -> Iterator[tuple[Any, Any, Any]]:
        yield from play(state, seed, turns)

    return these
