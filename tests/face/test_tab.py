"""The tab, built by Gradio over the real backend."""

from __future__ import annotations

import gradio as gr
import numpy as np
import pytest
from face_tools import Direct

from host import UserError
from plugins.face import calibration
from plugins.face.learning import Head
from plugins.face.models import BY_NAME, with_head
from plugins.face.tab import build
from plugins.face.verification.siamese import siamese_svg
from plugins.face.verification.verdict import certainty, gauge_svg, verdict_html


@pytest.fixture(scope="module")
def page(backend):
    with gr.Blocks() as page, gr.Tab("Faces"):
        build(Direct(backend))
    return page


@pytest.fixture(scope="module")
def events(page):
    return {fn.fn.__name__: fn.fn for fn in page.fns.values() if fn.fn is not None}


def test_programs_see_every_event_by_its_name(page):
    named = page.get_api_info()["named_endpoints"]
    assert sorted(named) == sorted(
        f"/face_{action}"
        for action in (
            "verify explain enrol enrol_zip identify rename delete export learn compare "
            "classify_pairs evaluate"
        ).split()
    )
    assert [p["parameter_name"] for p in named["/face_verify"]["parameters"]] == [
        "first",
        "second",
        "threshold",
        "model",
        "use_head",
    ]


def test_verify_answers_in_words_pictures_and_facts(events, portraits):
    html, siamese, *pictures, facts, decided = events["face_verify"](
        portraits["anna_1"], portraits["anna_2"], 0.0, "auto"
    )
    assert "Same person" in html
    assert BY_NAME["offline"].title in html
    assert "two encodings of 128 numbers" in siamese
    assert [p.shape[2] for p in pictures] == [3, 3]
    assert facts["same"] is True
    assert facts["model"] == "offline"
    assert facts["threshold"] == BY_NAME["offline"].threshold
    assert f"Threshold {BY_NAME['offline'].threshold:.3f}: the model's own" in html
    assert decided[0] == BY_NAME["offline"]
    assert decided[1] == pytest.approx(facts["distance"], abs=1e-3)


def test_a_head_decides_when_it_is_asked_to(events, portraits):
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((128, 128)))[0]
    head = Head("offline", turn[:, :16].astype("f4"), np.zeros(16, "f4"), 0.3, "mine")
    pair = portraits["anna_1"], portraits["anna_2"], 0.0, "auto"
    html, siamese, *_, facts, decided = events["face_verify"](*pair, True, head)
    assert "with the head &#x27;mine&#x27;" in html or "with the head 'mine'" in html
    assert facts["threshold"] == 0.3
    assert "encodings of 16 numbers" in siamese
    assert decided[0].threshold == 0.3
    plain = events["face_verify"](*pair, False, head)[-2]
    assert plain["threshold"] == BY_NAME["offline"].threshold
    with pytest.raises(UserError, match="no head yet"):
        events["face_verify"](*pair, True, None)
    with pytest.raises(UserError, match="choose that model"):
        with_head(BY_NAME["facenet-512"], head)


def test_what_decided_is_shown_ever_finer(events, portraits):
    pictures = list(events["face_explain"](portraits["anna_1"], portraits["anna_2"], "auto"))
    assert len(pictures) > 3
    assert all(picture.shape == (150, 150, 3) for picture in pictures)
    assert not np.array_equal(pictures[0], pictures[-1])


def test_a_missing_picture_is_told(events, portraits):
    with pytest.raises(UserError, match="two pictures"):
        events["face_verify"](None, None)
    with pytest.raises(UserError, match="the second picture"):
        events["face_verify"](portraits["anna_1"], None)
    with pytest.raises(UserError, match="the first picture"):
        events["face_verify"](None, portraits["anna_1"])


def test_moving_the_slider_decides_anew(events):
    decided = (BY_NAME["offline"], 0.5, ("The first picture shows 2 faces.",))
    assert "Same person" in events["decide"](0.6, decided)
    assert "Different people" in events["decide"](0.4, decided)
    assert "Same person" in events["decide"](0.0, decided)  # the model's own threshold
    assert "shows 2 faces" in events["decide"](0.4, decided)
    assert f"set by you; the model's own is {BY_NAME['offline'].threshold:.3f}" in events["decide"](
        0.4, decided
    )
    with pytest.raises(UserError, match="from 0 up"):
        events["decide"](float("nan"), decided)


def test_an_untouched_slider_means_the_threshold_of_whichever_model_answers(page, events):
    sliders = [b for b in page.blocks.values() if isinstance(b, gr.Slider)]
    slider = next(each for each in sliders if each.label == "Threshold")
    assert slider.value == 0
    assert "0 the threshold is the model's own" in slider.info
    # The page was opened with the offline model; FaceNet's weights came since.
    html = events["decide"](slider.value, (BY_NAME["facenet-512"], 0.9, ()))
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


def test_the_threshold_tells_its_error_rates_where_they_were_measured():
    model = BY_NAME["offline"]
    strict, own, lax = (
        calibration.load("offline").curves.rates_at(threshold) for threshold in (0.3, 0.6, 0.9)
    )
    assert strict[0] <= own[0] <= lax[0]
    assert strict[1] >= own[1] >= lax[1]
    html = verdict_html(model, 0.5, 0.9)
    assert f"{lax[0]:.2%} of strangers" in html
    assert "LFW" in html
    # Not measured: nothing is claimed.
    assert "of strangers" not in verdict_html(BY_NAME["facenet-512"], 0.5, 0.9)
    head = Head("offline", np.eye(128, dtype="f4"), np.zeros(128, "f4"), 1.0, "mine")
    assert "of strangers" not in verdict_html(with_head(model, head), 0.5, 0.9)


def test_the_siamese_picture_has_a_bar_for_each_number():
    crop = np.zeros((150, 150, 3), np.uint8)
    one, two = np.random.default_rng(0).standard_normal((2, 128))
    svg = siamese_svg((crop, crop), (one, two), "a <model>", float(np.linalg.norm(one - two)))
    assert svg.count("v") >= 3 * 128
    assert "a &lt;model&gt;" in svg
    assert f"{np.linalg.norm(one - two):.3f}" in svg


def test_at_the_threshold_it_is_the_same_person():
    assert "Same person" in verdict_html(BY_NAME["offline"], 0.6, 0.6)
