"""The tab, built by Gradio over the real backend."""

from __future__ import annotations

import gradio as gr
import pytest

from host import UserError
from plugins.face.models import BY_NAME
from plugins.face.tab import build
from plugins.face.verdict import certainty, gauge_svg, verdict_html


@pytest.fixture(scope="module")
def page(backend):
    with gr.Blocks() as page, gr.Tab("Faces"):
        build(backend)
    return page


@pytest.fixture(scope="module")
def events(page):
    return {fn.fn.__name__: fn.fn for fn in page.fns.values() if fn.fn is not None}


def test_programs_see_one_event_with_its_parameters(page):
    named = page.get_api_info()["named_endpoints"]
    assert list(named) == ["/face_verify"]
    assert [p["parameter_name"] for p in named["/face_verify"]["parameters"]] == [
        "first",
        "second",
        "threshold",
        "model",
    ]


def test_verify_answers_in_words_pictures_and_facts(events, portraits):
    html, *pictures, facts, decided = events["face_verify"](
        portraits["anna_1"], portraits["anna_2"], 0.0, "auto"
    )
    assert "Same person" in html
    assert BY_NAME["offline"].title in html
    assert [p.shape[2] for p in pictures] == [3, 3, 3, 3]
    assert facts["same"] is True
    assert facts["model"] == "offline"
    assert facts["threshold"] == BY_NAME["offline"].threshold
    assert "Threshold 0.600: the model's own" in html
    assert decided[:2] == ("offline", pytest.approx(facts["distance"], abs=1e-3))


def test_a_missing_picture_is_told(events, portraits):
    with pytest.raises(UserError, match="two pictures"):
        events["face_verify"](None, None)
    with pytest.raises(UserError, match="the second picture"):
        events["face_verify"](portraits["anna_1"], None)
    with pytest.raises(UserError, match="the first picture"):
        events["face_verify"](None, portraits["anna_1"])


def test_moving_the_slider_decides_anew(events):
    decided = ("offline", 0.5, ("The first picture shows 2 faces.",))
    assert "Same person" in events["decide"](0.6, decided)
    assert "Different people" in events["decide"](0.4, decided)
    assert "Same person" in events["decide"](0.0, decided)  # the model's own threshold
    assert "shows 2 faces" in events["decide"](0.4, decided)
    assert "set by you; the model's own is 0.600" in events["decide"](0.4, decided)
    with pytest.raises(UserError, match="from 0 up"):
        events["decide"](float("nan"), decided)


def test_an_untouched_slider_means_the_threshold_of_whichever_model_answers(page, events):
    slider = next(b for b in page.blocks.values() if isinstance(b, gr.Slider))
    assert slider.value == 0
    assert "0 the threshold is the model's own" in slider.info
    # The page was opened with the offline model; FaceNet's weights came since.
    html = events["decide"](slider.value, ("facenet-512", 0.9, ()))
    assert "Same person" in html
    assert "Threshold 1.000: the model's own" in html


def test_choosing_a_model_tells_its_quality(events):
    about = events["describe"]("facenet-512")
    assert "not been calibrated" in about
    assert "not on this machine" in about
    assert "Measured by this project" in events["describe"]("auto")
    assert "Measured by this project" in events["describe"](None)


def test_getting_weights_offline_ends_in_a_sentence(events):
    *_, (sentence, _) = events["get_weights"]("auto")
    assert "could not be downloaded" in sentence
    assert 'role="alert"' in sentence


def test_how_sure_follows_the_distance():
    model = BY_NAME["offline"]
    assert "Almost certain: more than 99%" in certainty(model, 0.2, same=True)
    assert "A close call" in certainty(model, 0.601, same=False)
    assert "opposite" in certainty(model, 0.3, same=False)
    assert "not been calibrated" in certainty(BY_NAME["facenet-128"], 0.3, same=True)


@pytest.mark.parametrize(("distance", "threshold"), [(0.0, 0.1), (0.6, 0.6), (5.0, 3.0)])
def test_the_scale_stays_within_its_picture(distance, threshold):
    svg = gauge_svg(distance, threshold, 1.1)
    assert f"Distance {distance:.3f}" in svg
    assert 'width="-' not in svg


def test_at_the_threshold_it_is_the_same_person():
    assert "Same person" in verdict_html(BY_NAME["offline"], 0.6, 0.6)
