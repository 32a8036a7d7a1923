"""The time to equal loss: the plugin's transfer against two published recipes.

All minimise the same total loss of the same network (float32) for the same pictures. A recipe runs
to its end; then the plugin's own transfer, with its preview, targets and coarse level in its time,
has to reach the loss that the recipe had. Losses count at full size only, on a picture in 0..255
and evaluated in float32; a curve is worth its lowest loss so far. How many steps the transfer is
asked for is chosen once for each goal, the quickest of STEPS; the times are of later runs.
"""

from __future__ import annotations

import bisect
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from rows import Row, compared
from style_adam import AdamPeer
from style_pictures import PAIRS, painting_of, photo_of
from style_task import Curve, task_of
from style_torch import TorchPeer

from plugins.style.objective import Objective
from plugins.style.pictures import fitted
from plugins.style.preparation import prepared
from plugins.style.preview import Preview
from plugins.style.settings import Settings
from plugins.style.transfer import transfer

SIDE, QUICK_SIDE = 384, 128  # pixels of the long side
STEPS = (20, 60, 120, 240, 480, 960)
GOALS = (100, 300, 500)  # evaluations of a recipe whose losses are goals, besides its last
ADAM_STEPS, LBFGS_EVALUATIONS = 1000, 300
AGREEMENT = 1e-3
CPU = "/CPU:0"


class Recorder:
    """An objective that notes when it was asked for which picture, and what came out."""

    def __init__(self, objective: Objective) -> None:
        self.network, self.target = objective.network, objective.target
        self._objective = objective
        self.asked: tuple[Any, ...] = ()
        self.notes: list[tuple[float, np.ndarray, float]] = []

    def __call__(self, picture: np.ndarray, *asked: Any) -> Any:
        value, gradient = self._objective(picture, *asked)
        self.asked = asked
        self.notes.append((time.perf_counter(), picture, value.total))
        return value, gradient


class Run:
    """Of one transfer, the pictures at full size that were the best so far.

    exact: tells the losses of a picture in float32, or None where the transfer's own are that.
    pace: seconds of an evaluation at full size; 0 where there was one only.
    """

    def __init__(
        self,
        notes: list[tuple[float, np.ndarray, float]],
        exact: Callable[[np.ndarray], float] | None,
    ) -> None:
        self._exact = exact
        self._best: list[tuple[float, np.ndarray]] = []
        self._losses: dict[int, float] = {}
        lowest = float("inf")
        for when, picture, loss in notes:
            if loss < lowest:
                lowest = loss
                if exact is None:
                    self._losses[len(self._best)] = loss
                self._best.append((when, picture))
        self.pace = (notes[-1][0] - notes[0][0]) / max(len(notes) - 1, 1)

    @property
    def lowest(self) -> float:
        return self._loss(len(self._best) - 1)

    def reached(self, goal: float) -> float | None:
        """Seconds until a picture's loss was as low as ``goal``."""
        if self.lowest > goal:
            return None
        index = bisect.bisect_left(
            range(len(self._best)), -goal, key=lambda index: -self._loss(index)
        )
        return self._best[index][0]

    def _loss(self, index: int) -> float:
        if index not in self._losses:
            assert self._exact is not None
            self._losses[index] = self._exact(self._best[index][1])
        return self._losses[index]


class Ours:
    """The plugin's transfer of one pair of pictures.

    objective: as the plugin would have it; exact: the same in float32.
    asked: the target and weights at full size.
    """

    def __init__(
        self,
        objective: Objective,
        exact: Objective,
        preview: Preview,
        pair: tuple[str, str],
        side: int,
    ) -> None:
        self._objective, self.exact, self._preview, self._side = objective, exact, preview, side
        self._photo, self._painting = photo_of(pair[0]), painting_of(pair[1])
        self._tried: dict[int, Run] = {}
        self.start = fitted(self._photo, side).astype(np.float32)
        self.asked: tuple[Any, ...] = ()
        self.run(STEPS[0])  # warm

    def run(self, steps: int, enough: float = 0.0) -> Run:
        """A transfer; it may end early once the loss at full size is ``enough``."""
        settings = Settings(size=self._side, steps=steps).checked()
        recorder = Recorder(self._objective)
        began = time.perf_counter()
        work = prepared(self._photo, [self._painting], [None], settings, self._preview)
        for step in transfer(recorder, work, settings):  # type: ignore[arg-type]
            full = step.losses is not None and step.side == self._side
            # in bfloat16 it can only be told afterwards
            if full and self.exact is self._objective and step.losses.total <= enough:
                break
        self.asked = asked = recorder.asked
        return Run(
            [
                (when - began, picture, loss)
                for when, picture, loss in recorder.notes
                if picture.shape == work.photo.shape
            ],
            None
            if self.exact is self._objective
            else lambda picture: self.exact(picture, *asked)[0].total,
        )

    def planned(self, goals: dict[int, float]) -> dict[int, int]:
        """For each goal how many steps to ask for: those that reach it first, else the most."""
        for steps in STEPS:
            if steps not in self._tried:
                self._tried[steps] = self.run(steps)  # whole: other goals may be lower
            if self._tried[steps].lowest <= min(goals.values()):
                break
        plan = {}
        for mark, goal in goals.items():
            times = {steps: run.reached(goal) for steps, run in self._tried.items()}
            there = {steps: second for steps, second in times.items() if second is not None}
            plan[mark] = min(there, key=there.__getitem__) if there else STEPS[-1]
        return plan


def best_of(curve: Curve, evaluations: int) -> tuple[float, float]:
    """Lowest loss within so many evaluations, and the seconds after which it was there first."""
    losses = curve.losses[:evaluations]
    lowest = int(np.nanargmin(losses))
    return losses[lowest], curve.seconds[lowest]


def against(
    network: str, what: str, ours: Ours, peer: Any, evaluations: int, rounds: int
) -> Iterator[Row]:
    """Rows of the time to equal loss, and one of the time of an evaluation."""
    marks = [mark for mark in GOALS if mark < evaluations] + [evaluations]
    plan: dict[int, int] = {}
    results: dict[int, list[tuple[float | None, float, float, float]]] = {m: [] for m in marks}
    paces: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        theirs = peer.run(evaluations)
        goals = {mark: best_of(theirs, mark) for mark in marks}
        plan = plan or ours.planned({mark: goal for mark, (goal, _) in goals.items()})
        runs = {
            steps: ours.run(steps, min(goals[mark][0] for mark in marks if plan[mark] == steps))
            for steps in sorted(set(plan.values()))
        }
        paces[0].append(runs[max(runs)].pace)
        paces[1].append(theirs.seconds[-1] / evaluations)
        for mark, (goal, their_time) in goals.items():
            run = runs[plan[mark]]
            results[mark].append((run.reached(goal), their_time, goal, run.lowest))
    for mark, outcomes in results.items():
        name = f"{network}, time to the peer's loss at {mark:,} evaluations"
        yield _to_equal_loss(name, what, plan[mark], outcomes)
    if all(paces[0]):
        yield compared(f"{network}, an evaluation", what, *paces, unit="ms")


def _to_equal_loss(
    name: str, what: str, steps: int, outcomes: list[tuple[float | None, float, float, float]]
) -> Row:
    """outcomes: our time to the goal, theirs, the goal, and the lowest loss we had, run by run."""
    goal = statistics.median(goal for _, _, goal, _ in outcomes)
    note = f"{goal:.4f}, {steps} steps of ours"
    there = [(us, them) for us, them, _, _ in outcomes if us is not None]
    if not there:
        gap = statistics.median(best / goal - 1 for _, _, goal, best in outcomes)
        them = statistics.median(them for _, them, _, _ in outcomes)
        note += f", **not reached**: {gap:.1%} short"
        return Row(name, peer=them, unit="s", n=len(outcomes), against=what, note=note)
    if missed := len(outcomes) - len(there):
        note += f", not reached in {missed} of {len(outcomes)} runs"
    us, them = map(list, zip(*there, strict=True))
    return compared(name, what, us, them, "s", note)


def check(what: str, peer: Any, ours: Ours) -> None:
    """Raises SystemExit unless the peer's loss and gradient at the photo are ours."""
    value, gradient = ours.exact(ours.start, *ours.asked)
    total, theirs = peer.start()
    of_loss = abs(total / value.total - 1)
    of_gradient = np.linalg.norm(theirs - gradient) / np.linalg.norm(gradient)
    if not max(of_loss, of_gradient) < AGREEMENT:
        raise SystemExit(
            f"{what} minimises another loss: {of_loss:.1e} off, its gradient {of_gradient:.1e}."
        )


def equal_loss(objective: Objective, exact: Objective, rounds: int, quick: bool) -> Iterator[Row]:
    """Both recipes with one network.

    objective: as the plugin would have it; exact: the same in float32.
    """
    network = exact.network
    side = QUICK_SIDE if quick else SIDE
    evaluations = (25, 20) if quick else (ADAM_STEPS, LBFGS_EVALUATIONS)
    ours = Ours(objective, exact, Preview(CPU), PAIRS[0], side)
    target, weights, *layers = ours.asked
    task = task_of(network, weights, *layers)
    name = f"Style, {network.name} network, {side} px"
    lbfgs = "PyTorch's tutorial (L-BFGS)"
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(TorchPeer(network, task, target, ours.start, Path(folder))) as torch_peer,
    ):
        check(lbfgs, torch_peer, ours)
        yield from against(name, lbfgs, ours, torch_peer, evaluations[1], rounds)
    adam = AdamPeer(network, task, target, ours.start)
    tutorial = "TensorFlow's tutorial (Adam)"
    check(tutorial, adam, ours)
    yield from against(name, tutorial, ours, adam, evaluations[0], rounds)
