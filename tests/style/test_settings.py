"""Settings: all that is out of range or of another kind is told; JSON brings them back."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from host import UserError
from host.checks import MAX_SEED
from plugins.style import settings as ranges
from plugins.style.settings import Settings

weights = st.floats(0.001, 100)
VALID = st.builds(
    Settings,
    size=st.integers(*ranges.SIZES),
    steps=st.integers(*ranges.STEPS),
    seconds=st.floats(*ranges.SECONDS),
    content_weight=weights,
    style_weight=weights,
    smoothness=st.floats(*ranges.WEIGHTS),
    shares=st.lists(weights, min_size=1, max_size=5).map(tuple),
    layer_weights=st.tuples(*[weights] * ranges.LAYERS),
    content_layer=st.text(max_size=8),
    start=st.sampled_from(ranges.STARTS),
    colours=st.sampled_from(ranges.COLOURS),
    pooling=st.sampled_from(ranges.POOLINGS),
    network=st.text(max_size=8),
    seed=st.integers(0, MAX_SEED),
)

NUMBERS = {
    "size": "size",
    "steps": "number of steps",
    "seconds": "time limit",
    "content_weight": "weight",
    "style_weight": "weight",
    "smoothness": "weight",
    "seed": "seed",
}
CHOICES = {"start": "start", "colours": "colours", "pooling": "pooling"}
NAMES = {"content_layer": "layer", "network": "network"}
ROWS = {"shares": "share", "layer_weights": "layer"}
FIELDS = {**NUMBERS, **CHOICES, **NAMES, **ROWS}

OTHER_KINDS = st.one_of(
    st.sampled_from([None, {}, {"a": 1}, set(), b"photo", 1j, 2 + 0j, object(), np.zeros(0)]),
    st.sampled_from([np.zeros(1), np.ones(2), np.ones((2, 2)), np.array(3), np.bool_(True)]),
    st.booleans(),
)
BEYOND = st.one_of(
    st.sampled_from([float("nan"), float("inf"), float("-inf"), 10**400, -(10**400)]),
    st.sampled_from([np.float32("nan"), np.float64("inf"), np.int64(-1), np.uint64(2**64 - 1)]),
    st.integers(max_value=-1),
    st.integers(min_value=2**32),
    st.floats(max_value=-1e-9, allow_infinity=False),
)
TEXTS = st.text(max_size=5)
SHORT_ROWS = st.lists(st.one_of(st.integers(), TEXTS, st.none()), max_size=3)


def refusal(settings: Settings, paintings: int = 1) -> str:
    with pytest.raises(UserError) as caught:
        settings.checked(paintings)
    said = str(caught.value)
    assert said.count("\n") == 0 and said.endswith(".") and said[0].isupper()
    return said


def of(name: str, value: object) -> Settings:
    return Settings(**{name: value})  # type: ignore[arg-type]


def test_every_field_is_one_of_those_tested_here():
    assert set(FIELDS) == {field.name for field in dataclasses.fields(Settings)}


@hypothesis_settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(sorted(NUMBERS)), value=OTHER_KINDS | BEYOND | TEXTS | SHORT_ROWS)
def test_what_is_no_number_within_range_is_told_which(name, value):
    assert NUMBERS[name] in refusal(of(name, value))


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("size", *ranges.SIZES),
        ("steps", *ranges.STEPS),
        ("seed", 0, MAX_SEED),
        ("seconds", *ranges.SECONDS),
        ("content_weight", *ranges.WEIGHTS),
        ("style_weight", *ranges.WEIGHTS),
        ("smoothness", *ranges.WEIGHTS),
    ],
)
def test_the_ends_of_a_range_are_taken_and_what_lies_beyond_is_told_them(name, low, high):
    for value in (low, high, float(high), np.float64(low), np.int64(high)):
        assert getattr(of(name, value).checked(), name) == value
    for value in (low - 1, high + 1, np.nextafter(float(high), np.inf), low - 1e-9):
        assert f"between {low:,} and {high:,}" in refusal(of(name, value))


@pytest.mark.parametrize("name", ["size", "steps", "seed"])
def test_half_a_pixel_step_or_seed_is_told(name):
    assert "whole number" in refusal(of(name, 200.5))
    assert getattr(of(name, 200.0).checked(), name) == 200


@hypothesis_settings(max_examples=100, deadline=None)
@given(name=st.sampled_from(sorted(CHOICES)), value=OTHER_KINDS | BEYOND | TEXTS | SHORT_ROWS)
def test_what_is_none_of_the_choices_is_told_them(name, value):
    said = refusal(of(name, value))
    assert CHOICES[name] in said and getattr(Settings(), name) in said


@hypothesis_settings(max_examples=50, deadline=None)
@given(name=st.sampled_from(sorted(NAMES)), value=OTHER_KINDS | BEYOND | SHORT_ROWS)
def test_what_is_no_name_is_told(name, value):
    assert NAMES[name] in refusal(of(name, value))


@hypothesis_settings(max_examples=100, deadline=None)
@given(name=st.sampled_from(sorted(ROWS)), value=BEYOND)
def test_weights_that_are_no_row_are_told(name, value):
    assert ROWS[name] in refusal(of(name, value))


@pytest.mark.parametrize("name", sorted(ROWS))
@pytest.mark.parametrize(
    "value",
    ["ones", {"a": 1}, {1.0, 2.0}, True, object(), 1j, np.ones(2), np.ones(5), np.ones((2, 2))],
)
def test_rows_of_another_kind_are_told(name, value):
    assert ROWS[name] in refusal(of(name, value), 2)


@hypothesis_settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(sorted(ROWS)),
    value=OTHER_KINDS | BEYOND | TEXTS | SHORT_ROWS,
    at=st.integers(0, ranges.LAYERS - 1),
)
def test_one_wrong_weight_in_a_row_is_told(name, value, at):
    row: list[object] = [1.0] * ranges.LAYERS
    row[at] = value
    said = refusal(of(name, tuple(row)), ranges.LAYERS)
    assert ROWS[name] in said and "between 0 and 100" in said


def test_rows_of_another_length_are_told_how_many():
    for row in ((), (1.0,) * 4, (1.0,) * 6):
        assert "5 in all" in refusal(Settings(layer_weights=row))
    assert "2 in all" in refusal(Settings(shares=(1.0,) * 3), 2)
    assert Settings(shares=()).checked(3).shares == (1.0, 1.0, 1.0)
    assert Settings(shares=[1, 2]).checked(2).shares == (1.0, 2.0)  # type: ignore[arg-type]


def test_a_picture_of_nothing_is_told():
    assert "both weights are 0" in refusal(Settings(content_weight=0, style_weight=0))
    assert "every share is 0" in refusal(Settings(shares=(0.0, 0.0)), 2)
    assert "every layer is 0" in refusal(Settings(layer_weights=(0.0,) * 5))
    assert Settings(content_weight=0).checked().content_weight == 0
    assert Settings(style_weight=0).checked().style_weight == 0


def test_a_gpu_takes_larger_pictures():
    large = Settings(size=ranges.GPU_SIZES[1])
    assert large.checked(sizes=ranges.GPU_SIZES).size == ranges.GPU_SIZES[1]
    assert "between 128 and 1,024" in refusal(large)


@hypothesis_settings(max_examples=60, deadline=None)
@given(VALID)
def test_valid_settings_stay_as_they_are_and_come_back_from_json(settings):
    assert settings.checked(len(settings.shares)) == settings
    assert Settings.from_json(settings.to_json()) == settings


def test_numbers_of_numpy_become_plain_ones_that_json_can_hold():
    mine = Settings(size=np.int64(200), seconds=np.float32(3), seed=np.uint8(7)).checked()
    assert Settings.from_json(mine.to_json()) == mine
    assert type(mine.size) is type(mine.seed) is int and type(mine.seconds) is float


def test_names_that_are_not_known_are_left_out_and_missing_ones_are_the_defaults():
    read = Settings.from_json('{"steps": 30, "future": [1], "__class__": "x", "checked": 1}')
    assert read == dataclasses.replace(Settings(), steps=30, shares=(1.0,))


# --- JSON from anyone -----------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMED = st.dictionaries(st.sampled_from([*FIELDS, "unknown"]), JSON, max_size=4)


def settings_or_sentence(text: str) -> None:
    """UserError is the only way out but settings that can be used."""
    try:
        read = Settings.from_json(text)
    except UserError as error:
        assert str(error).endswith(".")
    else:
        assert read.checked(len(read.shares), ranges.GPU_SIZES) == read
        assert Settings.from_json(read.to_json()) == read


@hypothesis_settings(max_examples=300, deadline=None)
@given(JSON | NAMED)
def test_json_of_anything_gives_settings_or_a_sentence(value):
    settings_or_sentence(json.dumps(value))


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.text(max_size=30), st.integers(0, 400))
def test_damaged_json_gives_settings_or_a_sentence(text, at):
    mine = Settings().to_json()
    settings_or_sentence(text)
    settings_or_sentence(mine[:at] + text + mine[at + len(text) :])


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"size":' * 100_000,
        '{"shares": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"seed": ' + "9" * 5000 + "}",
        '{"seconds": 1e999}',
        '{"size": NaN, "steps": -Infinity}',
        '{"shares": [' + "1," * 50_000 + '"x"]}',
        '{"layer_weights": {"0": 1}}',
        '"{}"',
        "null",
        "",
        "\ud800",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_json_is_told_in_a_sentence(text):
    with pytest.raises(UserError):
        Settings.from_json(text)
