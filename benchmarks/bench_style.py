"""What a style transfer costs, against two published recipes: the time to equal loss.

python benchmarks/bench_style.py [--rounds N] [--pairs N] [--vgg19] [--side PIXELS]

All minimise the same total loss of the same network (float32) for the same pictures. A recipe runs
to its end; then the plugin's own transfer, with its preview, targets and coarse level in its time,
has to reach the loss that the recipe had. Losses count at full size only, on a picture in 0..255
and evaluated in float32; a curve is worth its lowest loss so far. How many steps the transfer is
asked for is chosen once for each goal, the quickest of STEPS; the times are of later runs.
"""

from __future__ import annotations

import argparse
import bisect
import functools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image
from style_peers import AdamPeer, Curve, TorchPeer, task_of
from timing import alternate, machine, row

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from host.settings import Settings as HostSettings
from host.testing import backend_context
from host.weights import WeightsStore
from plugins.style import networks
from plugins.style.backend import StyleBackend
from plugins.style.minimise import LBFGS
from plugins.style.networks import VGG19_WEIGHTS, Network
from plugins.style.objective import Objective
from plugins.style.pictures import fitted
from plugins.style.precision import fastest
from plugins.style.preparation import prepared
from plugins.style.preview import Preview
from plugins.style.search import PictureSearch
from plugins.style.settings import Settings
from plugins.style.transfer import CONTENT, SMOOTHNESS, STYLE, transfer

PAIRS = (("china", "starry"), ("flower", "waves"))
STEPS = (20, 60, 120, 240, 480, 960)
GOALS = (100, 300, 500)  # evaluations of a recipe whose losses are goals, besides its last
ADAM_STEPS, LBFGS_EVALUATIONS = 1000, 300
AGREEMENT = 1e-3
CPU = "/CPU:0"


@functools.cache
def photo_of(name: str) -> np.ndarray:
    return np.array(load_sample_image(f"{name}.jpg"))


@functools.cache
def painting_of(name: str) -> np.ndarray:
    return np.asarray(Image.open(ROOT / "assets" / "style" / f"{name}.jpg").convert("RGB"))


def seconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


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
    pace: seconds of an evaluation at full size.
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


def against(what: str, ours: Ours, peer: Any, evaluations: int, rounds: int) -> None:
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
        goal = statistics.median(goal for _, _, goal, _ in outcomes)
        name = f"{what}: its loss at {mark:,} evaluations, {goal:.4f}; {plan[mark]} steps of ours"
        there = [(us, them) for us, them, _, _ in outcomes if us is not None]
        gap = statistics.median(best / goal - 1 for _, _, goal, best in outcomes)
        if there:
            missed = len(outcomes) - len(there)
            name += f" (not reached in {missed} of {len(outcomes)} runs)" if missed else ""
            print(row(name + ", s", *map(list, zip(*there, strict=True))), flush=True)
        else:
            them = statistics.median(them for _, them, _, _ in outcomes)
            print(f"| {name}, s | not reached, {gap:+.1%} | {them:.3g} | |", flush=True)
    print(row(f"{what}: an evaluation, ms", *paces, unit=1e-3), flush=True)


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


def equal_loss(
    objective: Objective, exact: Objective, preview: Preview, options: argparse.Namespace
) -> None:
    """Both recipes with one network."""
    network = exact.network
    for pair in PAIRS[: options.pairs]:
        ours = Ours(objective, exact, preview, pair, options.side)
        target, weights, *layers = ours.asked
        task = task_of(network, weights, *layers)
        name = f"{network.name}, {' + '.join(pair)}"
        with (
            tempfile.TemporaryDirectory() as folder,
            closing(TorchPeer(network, task, target, ours.start, Path(folder))) as torch_peer,
        ):
            check("PyTorch's recipe", torch_peer, ours)
            what = f"{name}, PyTorch's L-BFGS"
            against(what, ours, torch_peer, options.lbfgs_evaluations, options.rounds)
        if not options.adam_rounds:
            continue
        adam = AdamPeer(network, task, target, ours.start)
        check("TensorFlow's recipe", adam, ours)
        what = f"{name}, TensorFlow's Adam"
        against(what, ours, adam, options.adam_steps, options.adam_rounds)


def vgg19_pair() -> tuple[Network, Network, bool]:
    """VGG19 as the plugin would compute it and in float32, and whether its weights are real."""
    settings = HostSettings()
    store = WeightsStore(settings.weights, settings.cache / "weights", offline=True)
    path = store.find(VGG19_WEIGHTS)
    keras.utils.set_random_seed(0)
    exact = networks.build("vgg19", path)
    dtype = fastest(exact.parameters, CPU)
    return (exact if dtype == "float32" else cast(exact, dtype)), exact, path is not None


def cast(network: Network, dtype: str) -> Network:
    """The same weights computed in another format."""
    other = networks.build(network.name, dtype=dtype)
    assert other.whole is not None and network.whole is not None
    other.whole.set_weights(network.whole.get_weights())
    return other


def formats(rounds: int, side: int) -> None:
    """A row of VGG19 in bfloat16 against float32. Random weights take as long."""
    photo = fitted(photo_of("china"), side).astype(np.float32)
    exact = networks.build("vgg19")

    def step(network: Network) -> Callable[[], float]:
        objective = Objective(network)
        target = objective.target(photo, photo)
        objective(photo, target, (CONTENT, STYLE, SMOOTHNESS))
        return lambda: seconds(lambda: objective(photo, target, (CONTENT, STYLE, SMOOTHNESS)))

    us, them = alternate(step(cast(exact, "mixed_bfloat16")), step(exact), rounds)
    print(row(f"VGG19, a step at {side} px: bfloat16 against float32, s", us, them), flush=True)


class PixelSearch:
    """``PictureSearch`` with the pixels themselves as unknowns; all else is the same."""

    def __init__(self, start: np.ndarray) -> None:
        self._lbfgs = LBFGS(start.astype(np.float32), move=8.0, memory=10)
        self._clip()

    @property
    def value(self) -> float | None:
        return self._lbfgs.value

    def tell(self, value: float, gradient: np.ndarray) -> None:
        unclipped = self._lbfgs.trial
        beyond = np.where(gradient > 0, unclipped < 0, unclipped > 255)
        self._lbfgs.tell(value, np.where(beyond, np.float32(0), gradient))
        self._clip()

    def _clip(self) -> None:
        self.trial = np.clip(self._lbfgs.trial, 0, 255)


def searches(objective: Objective, preview: Preview, side: int, evaluations: int) -> None:
    """Rows of evaluations: the search over frequencies against L-BFGS over pixels."""
    for name, style in PAIRS:
        photo = fitted(photo_of(name), side)
        painting = fitted(painting_of(style), side)
        target = objective.target(photo, painting)
        start = preview(photo, [painting], [1.0]).astype(np.float32)
        start += np.random.default_rng(0).normal(0, 4, start.shape).astype(np.float32)

        def curve(search: Any, target: Any = target) -> np.ndarray:
            losses = []
            for _ in range(evaluations):
                value, gradient = objective(search.trial, target, (CONTENT, STYLE, SMOOTHNESS))
                search.tell(value.total, gradient)
                losses.append(search.value)
            return np.array(losses)

        pixels = curve(PixelSearch(start))
        if not pixels[-1] < pixels[0]:
            raise SystemExit("L-BFGS over pixels finds nothing better than its start.")
        below = np.flatnonzero(curve(PictureSearch(start)) <= pixels[-1])
        what = f"Search at {side} px, {name} + {style}: evaluations to {pixels[-1]:.4f}"
        if len(below):
            print(row(what + " against L-BFGS over pixels", [below[0] + 1], [evaluations]))
        else:
            print(f"| {what} | not reached | {evaluations} | |")


def whole(side: int) -> str:
    """A whole transfer by the backend, as a visitor gets it."""
    photo, painting = photo_of("china"), painting_of("starry")
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        backend = StyleBackend(backend_context("style", Path(folder)))
        started = time.perf_counter() - began
        settings = Settings(size=side)
        next(backend.transfer(photo, [painting], settings))  # compiles the preview
        began = time.perf_counter()
        steps = backend.transfer(photo, [painting], settings)
        next(steps)
        first = time.perf_counter() - began
        *_, last = steps
    return (
        f"The backend starts in {started:.1f} s. A whole transfer at {side} px, {last.steps} steps "
        f"with the {last.network} network, takes {time.perf_counter() - began:.1f} s; its preview "
        f"is there after {first:.2f} s."
    )


def peak_memory(side: int, steps: int) -> None:
    """In a process of its own: paints a square and tells the most memory it had, in MB."""

    def most() -> float:
        unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6

    with tempfile.TemporaryDirectory() as folder:
        backend = StyleBackend(backend_context("style", Path(folder)))
        before, photo = most(), photo_of("china")[:427, 100:527]
        settings = Settings(size=side, steps=steps)
        *_, last = backend.transfer(photo, [painting_of("starry")], settings)
    print(json.dumps({"before": before, "peak": most(), "shape": last.image.shape}))


def memory(side: int, steps: int) -> str:
    command = [sys.executable, __file__, "--peak-memory", str(side), str(steps)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told = json.loads(answer.splitlines()[-1])
    height, width, _ = told["shape"]
    return (
        f"A process that paints {width} x {height} pixels with the embedded network takes at most "
        f"{told['peak']:,.0f} MB; {told['before']:,.0f} MB of them before it begins."
    )


def main(options: argparse.Namespace) -> None:
    print(f"Style ({machine()}), {options.side} px\n")
    preview = Preview(CPU)
    head = "\n| | Triptych | peer | ratio |\n|---|---|---|---|"
    if options.vgg19:
        fast, exact, real = vgg19_pair()
        kind = "its published weights" if real else "RANDOM weights: its own are not here"
        same = "float32" if fast is exact else "bfloat16, the recipes in float32"
        print(f"VGG19 has {kind}. The transfer computes in {same}.\n{head}", flush=True)
        objective = Objective(exact, CPU)
        ours = objective if fast is exact else Objective(fast, CPU)
        equal_loss(ours, objective, preview, options)
        return
    objective = Objective(networks.embedded(), CPU)
    print(whole(options.side))
    print(memory(options.memory_side, options.memory_steps))
    print(head, flush=True)
    formats(options.rounds, options.side * 2 // 3)
    searches(objective, preview, options.side * 2 // 3, options.search_evaluations)
    equal_loss(objective, objective, preview, options)


def options_of(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Style transfer against two published recipes.")
    parser.add_argument("--rounds", type=int, default=3, help="runs against PyTorch's recipe")
    parser.add_argument(
        "--adam-rounds", type=int, default=1, help="runs against TensorFlow's, or 0"
    )
    parser.add_argument(
        "--pairs", type=int, default=1, help=f"of photo and painting, 1..{len(PAIRS)}"
    )
    parser.add_argument("--vgg19", action="store_true", help="only the recipes, with VGG19")
    parser.add_argument("--side", type=int, default=384, help="pixels of the long side")
    parser.add_argument("--quick", action="store_true", help="one round of each recipe")
    parser.add_argument("--adam-steps", type=int, default=ADAM_STEPS)
    parser.add_argument("--lbfgs-evaluations", type=int, default=LBFGS_EVALUATIONS)
    parser.add_argument("--search-evaluations", type=int, default=100)
    parser.add_argument("--memory-side", type=int, default=1024)
    parser.add_argument("--memory-steps", type=int, default=40)
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds = options.adam_rounds = 1
    return options


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak-memory"]:
        peak_memory(int(sys.argv[2]), int(sys.argv[3]))
    else:
        main(options_of(sys.argv[1:]))
