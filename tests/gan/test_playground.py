"""The game in the plane, as its page and its API use it."""

from __future__ import annotations

import math
import pickle
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from host import UserError
from plugins.gan.playground import density, snapshot
from plugins.gan.playground.distributions import DISTRIBUTIONS, Modes, modes, sample
from plugins.gan.playground.game import Game
from plugins.gan.playground.look import Look, cell_density
from plugins.gan.playground.play import play, slow_step
from plugins.gan.playground.points import MAX_POINTS, fitted, own_points, read_csv
from plugins.gan.playground.presets import PRESETS
from plugins.gan.playground.results import Frame
from plugins.gan.playground.settings import OBJECTIVE_NAMES, PlaySettings
from plugins.gan.training.objectives import OBJECTIVES

SMALL = PlaySettings(neurons_g=8, neurons_d=8, batch=16)
TRIANGLE = np.array([[-0.5, -0.5], [0.5, -0.5], [0.0, 0.5]], np.float32)
torch.set_num_threads(1)


def after(settings: PlaySettings, steps: int, start: bytes | None = None) -> Frame:
    """The frame after so many turns, without the pace of a film."""
    game = snapshot.load(start, settings)
    for _ in range(steps):
        game.turn()
    return Look(settings).frame(game)


def same(one: Frame, two: Frame) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(two, field.name)) for field in fields(one)
    )


# Distributions and a visitor's points


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_points_of_a_distribution_lie_in_the_plane_and_in_its_modes(name: str) -> None:
    points = sample(name, 3000, np.random.default_rng(0), TRIANGLE)
    assert points.shape == (3000, 2)
    assert points.dtype == np.float32
    assert np.abs(points).max() <= 1
    lumps = modes(name)
    assert density.covered(points, lumps) == len(lumps.centres)
    if len(lumps.centres):
        away = np.linalg.norm(points[:, None] - lumps.centres, axis=2).min(1)
        assert (away <= lumps.radius).mean() > 0.97


def test_own_points_are_resampled_evenly_with_a_small_jitter() -> None:
    points = sample("own", 3000, np.random.default_rng(0), TRIANGLE)
    distance = np.linalg.norm(points[:, None] - TRIANGLE, axis=2)
    assert 0.005 < distance.min(1).mean() < 0.05
    assert np.bincount(distance.argmin(1)) == pytest.approx([1000] * 3, rel=0.15)


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (None, "Draw some points"),
        ([], "At least 3"),
        (TRIANGLE[:2], "At least 3 points are needed, not 2"),
        ([[0, 0], [0, math.nan], [1, 1]], "finite"),
        ([[0, 0], [0, 1.5], [1, 1]], "between -1 and 1"),
        ([[0, 0, 0]] * 3, "pairs"),
        ("points", "pairs"),
        (np.zeros((MAX_POINTS + 1, 2)), "At most 20,000"),
    ],
)
def test_unusable_points_are_refused(points: object, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        own_points(points)


@pytest.mark.parametrize("separator", [",", ";", "\t", " , "])
@pytest.mark.parametrize("heading", ["", "x{0}y\n", '"east"{0}"north"\n'])
def test_a_csv_of_points_is_read(separator: str, heading: str) -> None:
    rows = "\r\n".join(f"{x}{separator}{y}" for x, y in [(0.5, -1), (2, "3e-1"), ("-.25", 4)])
    data = "\ufeff" + heading.format(separator) + rows + "\n\n"
    assert read_csv(data.encode()).tolist() == [[0.5, -1], [2, 0.3], [-0.25, 4]]


def test_a_csv_with_decimal_commas_is_read() -> None:
    assert read_csv(b"0,5;1\n0,25;2\n-1,5;3\n").tolist() == [[0.5, 1], [0.25, 2], [-1.5, 3]]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\x89PNG\r\n\x1a\n", "not a CSV"),
        (b"1,2\n3,4\n5,six\n", "line 3"),
        (b"1,2,3\n1,2,3\n1,2,3\n", "line 2"),
        (b"1\n2\n3\n", "two columns"),
        (b"1,2\n3,4\n", "At least 3"),
        (b"1,2\n3,4\n5,inf\n", "finite"),
        (b"1,2\n" * (MAX_POINTS + 1), "At most 20,000"),
        (b"0.123456789,0.123456789\n" * 100_000, "limit of 2 MB"),
    ],
)
def test_any_other_csv_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read_csv(data)


_NUMBERS = st.floats(allow_nan=True, allow_infinity=True).map(str)
_LINES = st.lists(st.tuples(_NUMBERS, st.sampled_from(",;\t"), _NUMBERS).map("".join))


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.binary(), st.text().map(str.encode), _LINES.map("\n".join).map(str.encode)))
def test_any_bytes_become_points_in_the_plane_or_a_sentence(data: bytes) -> None:
    try:
        points, _ = fitted(read_csv(data))
    except UserError:
        return
    assert len(own_points(points)) == len(points) >= 3


def test_points_beyond_the_plane_are_scaled_keeping_proportions() -> None:
    points, sentence = fitted([[100, 0], [140, 10], [120, 20]])
    assert points == pytest.approx(np.array([[-0.9, -0.45], [0.9, 0], [0, 0.45]]))
    assert "scaled" in sentence
    kept, sentence = fitted(TRIANGLE)
    assert np.array_equal(kept, TRIANGLE)
    assert sentence == ""
    one_place, _ = fitted([[7, 7]] * 3)
    assert np.array_equal(one_place, np.zeros((3, 2)))


# Settings


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"distribution": "torus"}, "distribution must be one of line"),
        ({"distribution": "own"}, "Draw some points"),
        ({"noise": ["gaussian"]}, "noise must be one of"),
        ({"noise_size": 3}, "between 1 and 2"),
        ({"layers_g": 0}, "between 1 and 4"),
        ({"layers_d": 2.5}, "whole number"),
        ({"neurons_g": 10**400}, "between 2 and 128"),
        ({"neurons_d": "32"}, "whole number"),
        ({"activation": "gelu"}, "activation must be one of"),
        ({"objective": None}, "objective must be one of"),
        ({"optimiser": "lbfgs"}, "optimiser must be one of adam, sgd"),
        ({"rate_g": math.nan}, "must be a number"),
        ({"rate_d": 0}, "between"),
        ({"updates_g": 6}, "between 0 and 5"),
        ({"updates_d": True}, "whole number"),
        ({"batch": 1_000_000}, "between 16 and 512"),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_out_of_range_are_refused_before_the_game(change: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        play(replace(SMALL, **change))
    with pytest.raises(UserError, match=sentence):
        slow_step(replace(SMALL, **change))


def test_how_to_play_is_checked_too() -> None:
    for wrong in ({"steps": -1}, {"per_frame": 0}, {"pause": 60}):
        with pytest.raises(UserError, match="between"):
            play(SMALL, **wrong)
    with pytest.raises(UserError, match="player must be one of"):
        slow_step(SMALL, player="nobody")


def test_whole_floats_of_a_client_become_ints() -> None:
    assert replace(SMALL, batch=32.0).checked().batch == 32  # type: ignore[arg-type]
    assert replace(SMALL, points=TRIANGLE).checked().points is None


def test_the_objectives_offered_are_those_there_are() -> None:
    assert set(OBJECTIVE_NAMES) == set(OBJECTIVES)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_can_be_played(name: str) -> None:
    sentence, chosen = PRESETS[name]
    assert sentence.endswith(".")
    assert after(chosen.checked(), 1).step == 1


# The densities


def gaussian_kl(one: tuple[float, float], two: tuple[float, float]) -> float:
    """KL between isotropic normal distributions of the plane, each a centre's x and a variance."""
    (a, v), (b, w) = one, two
    return math.log(w / v) + v / w - 1 + (a - b) ** 2 / (2 * w)


def test_kl_matches_the_closed_form_of_two_gaussians() -> None:
    random = np.random.default_rng(0)
    first, second = (
        np.array([x, 0.1]) + sigma * random.standard_normal((100_000, 2))
        for x, sigma in ((-0.1, 0.15), (0.1, 0.2))
    )
    p, q = density.estimate(first), density.estimate(second)
    blur = density.BANDWIDTH**2  # the kernel widens both
    one, two = (-0.1, 0.15**2 + blur), (0.1, 0.2**2 + blur)
    assert density.kl(p, q) == pytest.approx(gaussian_kl(one, two), rel=0.04)
    assert density.kl(q, p) == pytest.approx(gaussian_kl(two, one), rel=0.04)


def test_an_estimate_is_a_density_where_its_points_are() -> None:
    mass = density.estimate(np.full((10, 2), (0.5, -0.5)))
    assert mass.sum() == pytest.approx(1)
    centres = (np.arange(density.CELLS) + 0.5) * 2 * density.EXTENT / density.CELLS - density.EXTENT
    assert (mass.sum(0) * centres).sum() == pytest.approx(0.5, abs=0.02)  # columns are x
    assert (mass.sum(1) * centres).sum() == pytest.approx(-0.5, abs=0.02)


def test_divergences_keep_their_bounds() -> None:
    random = np.random.default_rng(0)
    draws = {name: density.estimate(sample(name, 2000, random, TRIANGLE)) for name in DISTRIBUTIONS}
    for p in draws.values():
        assert density.kl(p, p) == density.js(p, p) == 0
        for q in draws.values():
            assert density.kl(p, q) >= 0
            assert 0 <= density.js(p, q) <= math.log(2)
            assert density.js(p, q) == pytest.approx(density.js(q, p))


def test_disjoint_supports_are_ln_2_apart() -> None:
    random = np.random.default_rng(0)
    left = 0.05 * random.standard_normal((2000, 2)) - (0.7, 0)
    p, q = density.estimate(left), density.estimate(-left)
    assert density.js(p, q) == pytest.approx(math.log(2), abs=1e-3)
    assert 5 < density.kl(p, q) < math.inf


def test_a_mode_needs_its_share_of_the_fakes() -> None:
    grid = modes("grid")
    assert density.covered(np.repeat(grid.centres, 10, axis=0), grid) == 9
    assert density.covered(np.repeat(grid.centres[:1], 90, axis=0), grid) == 1
    few = np.concatenate([np.repeat(grid.centres[:8], 12, axis=0), grid.centres[8:]])
    assert density.covered(few, grid) == 8
    assert density.covered(few, Modes(np.empty((0, 2)), 0)) == 0


def test_a_squeezed_cell_is_denser() -> None:
    line = np.array([-1.0, 0.0, 0.5, 1.0])
    dense = cell_density(np.stack(np.meshgrid(line, line[:3]), axis=-1))
    assert dense.shape == (2, 3)
    assert dense[1, 1] == dense.max() == 1
    assert dense[0, 0] == dense.min()
    assert dense[0, 1] == pytest.approx(2 * dense[0, 0], rel=0.01)


# Frames


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("size", [1, 2])
def test_a_frame_holds_all_that_the_page_draws(objective: str, size: int) -> None:
    chosen = PlaySettings(objective=objective, noise_size=size, batch=16, distribution="grid")
    frame = after(chosen, 3)
    count = len(frame.real)
    assert 100 <= count <= 250
    for name in ("real", "fake", "gradient"):
        assert getattr(frame, name).shape == (count, 2)
    assert frame.score_real.shape == frame.score_fake.shape == (count,)
    assert frame.heat.shape == (40, 40)
    rows, columns, _ = frame.manifold.shape
    assert (rows == 1) == (size == 1)
    assert frame.density.shape == (rows - 1, columns - 1)
    for name in ("score_real", "score_fake", "heat", "density"):
        values = getattr(frame, name)
        assert values.dtype == np.float32
        assert values.size == 0 or (values.min() >= 0 and values.max() <= 1)
    assert np.abs(frame.fake).max() <= 1
    assert 0 <= frame.js <= math.log(2)
    assert 0 <= frame.js_floor < 0.01
    assert frame.modes == 9
    assert 0 <= frame.quality <= 1
    assert frame.value <= 0
    assert len(pickle.dumps(frame)) < 60_000
    assert len(frame.snapshot) < 150_000


def test_the_heat_map_is_what_the_discriminator_says_there() -> None:
    game = Game(SMALL)
    frame = Look(SMALL).frame(game)
    x, y = -1 + 1 / 40 + 7 / 20, -1 + 1 / 40 + 30 / 20
    with torch.no_grad():
        said = game.discriminator(torch.tensor([[x, y]])).sigmoid()
    assert frame.heat[30, 7] == pytest.approx(float(said), abs=1e-5)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_fakes_that_follow_their_arrows_lower_the_generators_loss(objective: str) -> None:
    chosen = replace(SMALL, objective=objective)
    game = Game(chosen)
    for _ in range(50):
        game.turn()
    frame = Look(chosen).frame(game)
    assert np.abs(frame.gradient).max() > 0
    moved = torch.from_numpy(frame.fake + 1e-3 * frame.gradient)
    with torch.no_grad():
        loss = float(game.objective.loss_g(game.discriminator(moved)))
    assert loss < frame.loss_g


def test_the_points_shown_stay_the_same() -> None:
    frames = list(play(replace(SMALL, updates_g=0), steps=4, per_frame=2))
    assert [frame.step for frame in frames] == [0, 2, 4]
    assert all(frame.phase == "run" and frame.caption == "" for frame in frames)
    assert np.array_equal(frames[0].real, frames[2].real)
    assert np.array_equal(frames[0].fake, frames[2].fake)
    assert not np.array_equal(frames[0].heat, frames[2].heat)


def test_a_frozen_discriminator_keeps_its_answers() -> None:
    first, last = play(replace(SMALL, updates_d=0), steps=2, per_frame=2)
    assert np.array_equal(first.heat, last.heat)
    assert not np.array_equal(first.fake, last.fake)


def test_weights_beyond_all_bounds_end_the_game_with_a_sentence() -> None:
    arrays = load(after(SMALL, 1).snapshot)
    huge = {k: v * np.float32(1e20) if k.startswith("d.weights") else v for k, v in arrays.items()}
    frames = play(replace(SMALL, optimiser="sgd"), save(huge), steps=1)
    with pytest.raises(UserError, match="lower the rates"):
        list(frames)


def test_the_number_of_threads_is_left_as_it_was() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for _ in play(SMALL, steps=1):
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


# Snapshots


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_a_game_gone_on_with_is_the_game_never_left(objective: str, optimiser: str) -> None:
    chosen = replace(SMALL, objective=objective, optimiser=optimiser, rate_g=0.01, rate_d=0.01)
    middle = after(chosen, 11)
    assert same(after(chosen, 20), after(chosen, 9, middle.snapshot))
    assert same(middle, after(chosen, 0, middle.snapshot))


def test_playing_again_from_a_frame_gives_the_same_frames() -> None:
    _, middle, last = play(SMALL, steps=6, per_frame=3)
    again = list(play(SMALL, middle.snapshot, steps=3, per_frame=3))
    assert same(middle, again[0])
    assert same(last, again[1])


def test_changed_settings_keep_the_player_that_still_fits() -> None:
    start = after(SMALL, 5)
    other = after(replace(SMALL, neurons_d=12, rate_g=0.1, distribution="grid"), 0, start.snapshot)
    assert other.step == 5
    assert np.array_equal(other.fake, start.fake)
    assert not np.array_equal(other.heat, start.heat)
    thin = after(replace(SMALL, noise_size=1), 0, start.snapshot)
    assert np.array_equal(thin.heat, start.heat)
    assert not np.array_equal(thin.fake, start.fake)
    hinge = after(replace(SMALL, objective="hinge", optimiser="sgd"), 3, start.snapshot)
    assert hinge.step == 8


def test_damaged_snapshots_are_refused() -> None:
    good = after(SMALL, 2).snapshot
    arrays = load(good)
    bad = [b"", b"\x80\x04K\x00.", good[:-1], good[:100], good[9:], bytes(3_000_000)]
    for name, wrong in {
        "counts": np.array([2, 0, 0], np.int64),
        "dice": np.zeros(6, np.float32),
        "g.weights.0": arrays["g.weights.0"] * np.float32(np.nan),
        "d.adam": np.array([-1], np.int64),
        "d.weights.1.exp_avg": np.zeros((1, 1), np.float32),
        "g.biases.0.exp_avg_sq": -np.ones_like(arrays["g.biases.0"]),
    }.items():
        bad.append(save({**arrays, name: wrong}))
        bad.append(save({key: value for key, value in arrays.items() if key != name}))
    refused = 0
    for data in bad:
        try:
            after(SMALL, 1, data)
        except UserError as error:
            refused += 1
            assert "start a new game" in str(error)
    # without a weight or a count of updates a player begins anew, and the game goes on
    assert refused == len(bad) - 2


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_snapshot_with_any_byte_changed_is_played_or_refused(data: st.DataObject) -> None:
    changed = bytearray(_SNAPSHOT)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1) | st.integers(0, 2500))
        changed[place] = data.draw(st.integers(0, 255))
    try:
        frame = after(SMALL, 1, bytes(changed))
    except UserError:
        return
    assert np.isfinite(frame.fake).all()


_SNAPSHOT = after(SMALL, 2).snapshot


# Slow motion


def test_slow_motion_plays_the_turn_that_a_run_would_play() -> None:
    for chosen in (SMALL, replace(SMALL, updates_d=2, updates_g=3, objective="wgan-gp")):
        slow = list(slow_step(chosen))
        assert same(replace(slow[-1], phase="run", caption=""), after(chosen, 1))


def test_slow_motion_tells_each_step_and_shows_what_it_changes() -> None:
    frames = list(slow_step(SMALL, after(SMALL, 3).snapshot))
    named = {frame.phase: frame for frame in frames}
    assert list(named) == (
        "noise,generate,judge,loss D,update D,generate again,judge again,loss G,gradient,update G"
    ).split(",")
    assert all(frame.caption.endswith(".") for frame in frames)
    before, middle, end = named["loss D"], named["update D"], named["update G"]
    assert not np.array_equal(before.heat, middle.heat)
    assert np.array_equal(before.fake, middle.fake)
    assert np.array_equal(middle.heat, end.heat)
    assert not np.array_equal(middle.fake, end.fake)
    assert f"{before.loss_d:.3f}" in before.caption
    assert (before.step, end.step) == (3, 4)


@pytest.mark.parametrize(("player", "other"), [("D", "fake"), ("G", "heat")])
def test_slow_motion_of_one_player_leaves_the_other(player: str, other: str) -> None:
    frames = list(slow_step(SMALL, player=player))
    assert np.array_equal(getattr(frames[0], other), getattr(frames[-1], other))
    assert frames[-1].phase == f"update {player}"
    frozen = replace(SMALL, updates_g=0, updates_d=0)
    (only,) = slow_step(frozen, player=player)
    assert "frozen" in only.caption


# Learning


def test_the_generator_learns_the_ring() -> None:
    start, end = after(PlaySettings(), 0), after(PlaySettings(), 400)
    assert end.js < 0.6 * start.js
    assert end.quality > 0.5
