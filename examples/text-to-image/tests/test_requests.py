"""Wrong settings are answered with a sentence, right ones are filled in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from triptych_text_to_image.options import Options
from triptych_text_to_image.request import Request

from host import UserError

OPTIONS = Options(models=["some/model"], loras=["some/lora"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"prompt": "  "}, "describe the picture"),
        ({"prompt": None}, "prompt as text"),
        ({"prompt": "x" * 2001}, "at most 2000 characters"),
        ({"negative_prompt": 3}, "negative prompt as text"),
        ({"scheduler": "Magic"}, "no scheduler .*DDIM"),
        ({"steps": 0}, "from 1 to 50"),
        ({"steps": 51}, "from 1 to 50"),
        ({"steps": 2.5}, "whole number"),
        ({"guidance": float("nan")}, "guidance from 0 to 30"),
        ({"guidance": "7"}, "guidance from 0 to 30"),
        ({"width": 100}, "multiple of 8 as the width, such as 96"),
        ({"height": 32}, "from 64 to 768 as the height"),
        ({"height": 776}, "from 64 to 768 as the height"),
        ({"seed": -2}, "seed"),
        ({"seed": 2**32}, "seed"),
        ({"count": 5}, "from 1 to 4"),
        ({"strength": 1.5}, "strength from 0 to 1"),
        ({"lora_weight": 9}, "from -2 to 2"),
        ({"model": "../../etc"}, "not offered"),
    ],
)
def test_a_wrong_setting_is_told(changes, sentence):
    with pytest.raises(UserError, match=sentence):
        Request(**{"prompt": "a boat", **changes}).checked(OPTIONS, has_picture=False)


def test_a_strength_that_leaves_no_step_is_told():
    request = Request("a boat", steps=5, strength=0.1)
    assert request.checked(OPTIONS, has_picture=False).steps == 5
    with pytest.raises(UserError, match=r"0\.1 leaves none of 5 steps"):
        request.checked(OPTIONS, has_picture=True)


def test_an_lcm_takes_no_more_steps_than_it_was_made_for():
    options = Options(max_steps=80)
    assert Request("a boat", steps=80).checked(options, has_picture=False).steps == 80
    with pytest.raises(UserError, match="from 1 to 50"):
        Request("a boat", steps=80, scheduler="LCM").checked(options, has_picture=False)


def test_a_hub_id_may_be_typed_only_where_the_operator_allows_it():
    request = Request("a boat", model="any/model", lora="any/lora/file.safetensors")
    assert request.checked(Options(any=True), has_picture=False).model == "any/model"
    with pytest.raises(UserError, match="not offered"):
        request.checked(Options(), has_picture=False)


def test_every_option_is_described_and_an_unknown_one_is_refused():
    assert all(field.description for field in Options.model_fields.values())
    with pytest.raises(ValidationError, match="default_modle"):
        Options(default_modle="some/model")


@given(
    st.builds(
        Request,
        prompt=st.text(min_size=1),
        model=st.text(),
        lora=st.text(),
        seed=st.none() | st.integers() | st.floats(),
        width=st.integers() | st.floats(),
        steps=st.integers() | st.floats() | st.booleans(),
        strength=st.floats(),
    ),
    st.booleans(),
)
def test_whatever_is_sent_is_filled_in_or_answered(request_, has_picture):
    try:
        good = request_.checked(Options(any=True), has_picture)
    except UserError as error:
        assert str(error).endswith(".")
    else:
        assert 0 <= good.seed < 2**32 and good.model and good.width % 8 == 0
        assert good.checked(Options(any=True), has_picture) == good
