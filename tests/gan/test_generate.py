from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from host import UserError
from plugins.gan.backend import GanBackend
from plugins.gan.digits import digit_string
from plugins.gan.generation import requests
from plugins.gan.loaded import LoadedNetworks
from plugins.gan.models import SHIPPED
from plugins.gan.runs.settings import RunSettings

Cells = Callable[[np.ndarray], np.ndarray]


def test_all_gives_ten_digits_in_each_row(backend: GanBackend) -> None:
    picture = backend.generate("all", seed=1, count=3)
    assert picture.dtype == np.uint8
    assert picture.shape == (4 + 3 * 68, 4 + 10 * 68, 3)


def test_the_same_request_gives_the_same_picture(backend: GanBackend) -> None:
    np.testing.assert_array_equal(backend.generate("5", 12, 9), backend.generate("5", 12, 9))


@pytest.mark.parametrize(
    "other",
    [
        {"digits": "2", "seed": 3, "count": 4, "truncation": 2.0},
        {"digits": "7", "seed": 4, "count": 4, "truncation": 2.0},
        {"digits": "7", "seed": 3, "count": 5, "truncation": 2.0},
        {"digits": "7", "seed": 3, "count": 4, "truncation": 1.0},
    ],
    ids=["digits", "seed", "count", "truncation"],
)
def test_every_control_changes_the_picture(backend: GanBackend, other: dict) -> None:
    before = backend.generate("7", 3, 4, 2.0)
    after = backend.generate(**other)
    assert before.shape != after.shape or np.abs(before.astype(int) - after).mean() > 2


def test_asking_for_more_keeps_the_first_ones(backend: GanBackend, cells: Cells) -> None:
    few, many = cells(backend.generate("4", 8, 3)), cells(backend.generate("4", 8, 20))
    assert np.abs(few[:3].astype(int) - many[:3]).max() <= 1  # batches may round differently


def test_less_truncation_is_more_varied(backend: GanBackend, cells: Cells) -> None:
    spread = [
        cells(backend.generate("8", 5, 36, truncation)).std(axis=0).mean()
        for truncation in (0.1, 1.0, 4.0)
    ]
    assert spread[0] < spread[1] < spread[2]


def test_the_sheet_shown_at_first_is_what_the_controls_give(backend: GanBackend) -> None:
    first = SHIPPED["digits"]
    shown = np.asarray(Image.open(first.sheet).convert("RGB"))
    drawn = backend.generate("all", 0, first.count, 2.0)
    assert shown.shape == drawn.shape
    assert np.abs(shown.astype(int) - drawn).mean() <= 3  # WebP, and another CPU rounds otherwise


def test_each_kind_draws_its_own_pictures(backend: GanBackend) -> None:
    digits, portraits = backend.generate(count=4), backend.generate(count=4, kind="portraits")
    assert np.array_equal(digits[..., 0], digits[..., 2])  # grey
    assert np.abs(portraits[..., 0].astype(int) - portraits[..., 2]).mean() > 5  # in colour
    for other in ({"seed": 1}, {"truncation": 0.5}, {"count": 9}):
        after = backend.generate(**{"count": 4, "kind": "portraits", **other})
        assert after.shape != portraits.shape or np.abs(after.astype(int) - portraits).mean() > 2


def test_the_class_walk_passes_every_digit(backend: GanBackend, cells: Cells) -> None:
    walk = backend.walk(seed_from=4, seed_to=4, frames=10, through_all=True)
    row = cells(backend.generate("all", 4, 1))
    for frame, digit in zip(walk.frames, row, strict=True):
        small = np.asarray(Image.fromarray(frame).resize((64, 64), Image.Resampling.BOX))
        assert np.abs(small.astype(int) - digit).mean() < 4


def test_portraits_are_walked_between_too(backend: GanBackend) -> None:
    frames = backend.walk(seed_from=0, seed_to=1, frames=5, kind="portraits").frames
    assert (np.abs(np.diff(frames.astype(int), axis=0)).mean(axis=(1, 2, 3)) > 1).all()


def test_a_walk_starts_and_ends_where_it_should(backend: GanBackend, cells: Cells) -> None:
    walk = backend.walk("3", "8", 10, 11, frames=12)
    assert walk.frames.shape == (12, 128, 128, 3)
    for frame, (digit, seed) in ((walk.frames[0], ("3", 10)), (walk.frames[-1], ("8", 11))):
        small = np.asarray(Image.fromarray(frame).resize((64, 64), Image.Resampling.BOX))
        drawn = cells(backend.generate(digit, seed, 2))[0]
        assert np.abs(small.astype(int) - drawn).mean() < 4
    steps = np.abs(np.diff(walk.frames.astype(int), axis=0)).mean(axis=(1, 2, 3))
    ends = np.abs(walk.frames[0].astype(int) - walk.frames[-1]).mean()
    assert steps.max() < ends  # it goes gradually
    assert (steps > 0).all()  # and never stands still


def test_a_walk_changes_with_every_control(backend: GanBackend) -> None:
    before = backend.walk("3", "8", 0, 1, 8).frames
    for other in (
        ("2", "8", 0, 1),
        ("3", "9", 0, 1),
        ("3", "8", 5, 1),
        ("3", "8", 0, 5),
    ):
        assert np.abs(before.astype(int) - backend.walk(*other, frames=8).frames).mean() > 2
    assert len(backend.walk("3", "8", 0, 1, 9).frames) == 9


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"digits": "ten"}, "digits from 0 to 9"),
        ({"digits": ""}, "digits from 0 to 9"),
        ({"digits": "²"}, "digits from 0 to 9"),
        ({"digits": "1234567890123"}, "At most 12 digits"),
        ({"count": 0}, "between 1 and 144"),
        ({"count": 1000}, "between 1 and 144"),
        ({"count": 100, "digits": "all"}, "at most 144"),
        ({"count": 2.5}, "whole number"),
        ({"count": None}, "whole number"),
        ({"seed": -1}, "seed must be a whole number between"),
        ({"seed": float("inf")}, "whole number"),
        ({"kind": "cats"}, "must be one of digits, portraits"),
        ({"truncation": 0}, "truncation must be a number between"),
        ({"truncation": float("nan")}, "must be a number"),
        ({"truncation": 10**400}, "truncation must be a number between"),
    ],
)
def test_a_mistake_is_answered_with_a_sentence(
    backend: GanBackend, arguments: dict, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence) as raised:
        backend.generate(**arguments)
    assert str(raised.value).endswith(".")


@pytest.mark.parametrize(
    "arguments", [("x", 8), ("33", 8), (3, 10), (3, 8, -1), (3, 8, 0, 1, 1), (3, 8, 0, 1, 500)]
)
def test_a_mistaken_walk_is_answered_with_a_sentence(backend: GanBackend, arguments: tuple) -> None:
    with pytest.raises(UserError, match=r"\.$"):
        backend.walk(*arguments)


@settings(deadline=None)
@given(st.text() | st.integers() | st.none() | st.floats())
def test_digits_are_a_list_of_classes_or_a_mistake(value: object) -> None:
    try:
        digits = digit_string(value)  # type: ignore[arg-type]
    except UserError:
        return
    assert digits
    assert all(0 <= digit <= 9 for digit in digits)
    assert str(value).strip().lower() in ("all", "".join(map(str, digits)))


NEVER_RIGHT = [None, math.nan, math.inf, 10**400, 10**5000, "cat", "", -1, [], True]
PARAMETERS = [
    (method, name)
    for method in ("generate", "walk", "nearest")
    for name in inspect.signature(getattr(GanBackend, method)).parameters
    if name not in ("self", "through_all")
]


@pytest.mark.parametrize("value", NEVER_RIGHT, ids=lambda value: f"{type(value).__name__}")
@pytest.mark.parametrize(("method", "name"), PARAMETERS)
def test_nonsense_for_any_parameter_is_a_mistake(
    backend: GanBackend, method: str, name: str, value: object
) -> None:
    with pytest.raises(UserError, match=r"\.$") as raised:
        getattr(backend, method)(**{name: value})
    assert len(str(raised.value)) < 150


@pytest.mark.parametrize("value", NEVER_RIGHT, ids=lambda value: f"{type(value).__name__}")
@pytest.mark.parametrize("name", [field.name for field in fields(RunSettings)])
def test_nonsense_for_any_setting_of_a_run_is_a_mistake(
    backend: GanBackend, name: str, value: object
) -> None:
    if name == "conditional" and value is True:
        return
    with pytest.raises(UserError, match=r"\.$") as raised:
        backend.train(RunSettings(**{name: value}))  # type: ignore[arg-type]
    assert len(str(raised.value)) < 150


@pytest.mark.parametrize("content", [None, b"no tensors at all"])
def test_a_missing_or_damaged_generator_is_said_in_a_sentence(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "digits.safetensors").write_bytes(content)
    with pytest.raises(UserError, match=r"digits\.safetensors, .* missing or damaged"):
        requests.asked(LoadedNetworks("cpu", tmp_path), "digits", "all", 0, 6, 2.0)
