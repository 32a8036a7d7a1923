"""Inside the network as a visitor meets it: maps, filters, Gram matrices, reconstructions."""

from __future__ import annotations

import inspect

import gradio as gr
import keras
import numpy as np
import pytest
import tensorflow as tf

from host import UserError
from plugins.style.inside import tab
from plugins.style.inside.activation import SIDE
from plugins.style.inside.gram import clustered, gram_matrix, layer_loss
from plugins.style.inside.receptive import stride_and_field
from plugins.style.inside.relu import before_relu
from plugins.style.models import BY_NAME
from plugins.style.networks import build, embedded
from plugins.style.pictures import fitted


@pytest.fixture(scope="module")
def inside(backend):
    return backend


@pytest.fixture(scope="module")
def small_painting(painting):
    return fitted(painting, 96)


# --- feature maps ---------------------------------------------------------------------------


def test_feature_maps_are_described_and_drawn(inside, small_photo):
    shallow, deep = (inside.feature_maps(small_photo, name) for name in ("conv1", "conv5_2"))
    height, width = small_photo.shape[:2]
    layer = shallow.layer
    assert (layer.height, layer.width, layer.channels) == (height, width, 32)
    assert (layer.stride, layer.receptive_field) == (1, 3)
    assert (deep.layer.stride, deep.layer.receptive_field) == (16, 134)
    assert deep.layer.channels == 384 and deep.layer.width == width // 16
    for maps in (shallow, deep):
        assert maps.picture.dtype == np.uint8 and maps.picture.shape[2] == 3
        assert len(set(maps.channels)) == 16
        assert 0 < maps.silent < 1
    assert deep.silent > shallow.silent


@pytest.mark.parametrize("layer", BY_NAME["embedded"].layers)
def test_the_receptive_field_is_what_a_position_really_sees(inside, layer):
    # all weights made positive, so that no path is cut off or cancelled
    model = embedded().features(layer)
    copy = keras.models.clone_model(model)
    copy.set_weights([np.full(w.shape, 1e-3, np.float32) for w in model.get_weights()])
    grey = tf.constant(np.full((1, 320, 320, 3), 255.0, np.float32))
    with tf.GradientTape() as tape:
        tape.watch(grey)
        maps = copy(grey)
        maps = maps[0] if isinstance(maps, list) else maps
        middle = maps.shape[1] // 2
        one = tf.reduce_sum(maps[0, middle, middle])
    seen = np.flatnonzero(np.abs(tape.gradient(one, grey).numpy()[0]).sum((0, 2)) > 0)
    stride, field = stride_and_field(model)
    assert seen[-1] - seen[0] + 1 == field
    assert maps.shape[1] == 320 // stride


def test_channels_asked_for_are_those_shown(inside, small_photo):
    maps = inside.feature_maps(small_photo, "conv2", channels=[5, 0, 5, 63])
    assert maps.channels == (5, 0, 63)
    assert "between 0 and 63" in refusal(inside.feature_maps, small_photo, "conv2", channels=[64])


def test_jointly_scaled_maps_are_darker_where_they_answer_less(inside, small_photo):
    channels = inside.feature_maps(small_photo, "conv1", count=12).channels
    own, joint = (
        inside.feature_maps(small_photo, "conv1", channels=channels, scale=scale).picture
        for scale in ("own", "joint")
    )
    assert own.shape == joint.shape and (joint <= own).all() and (joint < own).any()


# --- what excites a filter ------------------------------------------------------------------


def test_a_grown_picture_excites_the_channel_more_than_the_photo_does(inside, photo):
    channel = inside.feature_maps(photo, "conv4_2", count=1).channels[0]
    steps = list(inside.excite("conv4_2", channel, steps=25))
    assert [step.step for step in steps] == list(range(26))
    assert steps[0].picture.shape == steps[-1].picture.shape == (SIDE, SIDE, 3)
    grown = steps[-1].picture
    answers = [inside.best_patches(x, "conv4_2", channel) for x in (grown, photo)]
    assert answers[0].mean > 2 * answers[1].mean
    assert answers[0].activations[0] > answers[1].activations[0]


def test_a_channel_silent_on_noise_is_woken(inside, photo):
    noise = next(inside.excite("conv4_2", 0, steps=10)).picture
    channel = next(k for k in range(256) if inside.best_patches(noise, "conv4_2", k).mean == 0)
    steps = list(inside.excite("conv4_2", channel, steps=10))
    assert steps[0].activation == 0 and steps[-1].activation > 0.5


def test_a_seed_grows_the_same_picture_again(inside):
    first, again, other = (
        list(inside.excite("conv2", 1, steps=10, seed=seed))[-1].picture for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_patches_are_where_the_channel_fires(inside):
    # green on the right half only; the channel that likes it best is asked where it is
    picture = np.full((96, 192, 3), 90, np.uint8)
    stripes = np.where(np.arange(96) // 4 % 2, 255, 0)
    picture[:, 96:, 1] = stripes
    maps = embedded().features("conv3_2")(picture[None].astype(np.float32))
    maps = np.asarray(maps[0] if isinstance(maps, list) else maps).reshape(24, 48, -1)
    channel = int((maps[:, 26:46].mean((0, 1)) - maps[:, 2:22].mean((0, 1))).argmax())
    patches = inside.best_patches(picture, "conv3_2", channel, count=5)
    assert 1 <= len(patches.activations) <= 5
    assert list(patches.activations) == sorted(patches.activations, reverse=True)
    assert all(x > 0.45 for x, _ in patches.centres)
    red = patches.heat[..., 0].astype(int) - patches.heat[..., 1]
    assert red[:, 110:].mean() > red[:, :80].mean() + 10
    assert patches.heat.shape == picture.shape


@pytest.mark.parametrize(
    ("network", "layer"), [("embedded", "conv4_1"), ("squeezenet", "fire3"), ("embedded", "conv1")]
)
def test_before_the_relu_agrees_with_what_is_behind_it(small_photo, network, layer):
    model = build(network).features(layer)
    picture = tf.constant(small_photo[None], tf.float32)
    behind = model(picture)
    behind = behind[0] if isinstance(behind, list) else behind
    before = before_relu(model)(picture).numpy()
    assert before.min() < 0
    np.testing.assert_allclose(np.maximum(before, 0), behind, rtol=1e-4, atol=1e-3)


# --- Gram matrices --------------------------------------------------------------------------


def test_two_pictures_differ_in_style_and_one_does_not(inside, small_photo, small_painting):
    alone = inside.gram(small_photo, "conv3_2")
    assert alone.loss is None and sorted(alone.order) == list(range(128))
    both = inside.gram(small_photo, "conv3_2", other=small_painting)
    assert both.loss.relative > 0.1 and both.loss.gatys > 0
    assert both.picture.shape[0] > 1.5 * alone.picture.shape[0], "a row for each kind of matrix"
    same = inside.gram(small_photo, "conv3_2", other=small_photo)
    assert same.loss.relative == same.loss.gatys == 0


def test_the_layer_loss_is_the_papers():
    rng = np.random.default_rng(0)
    ours, theirs = (rng.uniform(0, 1, (4, 5, 3)).astype(np.float32) for _ in range(2))
    sums = [x.reshape(20, 3).T.astype(np.float64) @ x.reshape(20, 3) for x in (ours, theirs)]
    expected = ((sums[0] - sums[1]) ** 2).sum() / (4 * 3**2 * 20**2)
    assert layer_loss(ours, theirs).gatys == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(gram_matrix(ours) * 20, sums[0], rtol=1e-6)


def test_clustering_puts_channels_that_go_together_side_by_side():
    rng = np.random.default_rng(1)
    group = np.array([0, 1, 2] * 5)
    rows = rng.normal(size=(400, 3))[:, group] + 0.3 * rng.normal(size=(400, 15))
    rows[:, 4] = 0.0  # a dead channel
    order = clustered(np.cov(rows.T, bias=True))
    assert sorted(order) == list(range(15)) and order[-1] == 4
    assert (np.diff(group[order[:-1]]) != 0).sum() == 2


def test_strength_orders_by_the_diagonal(inside, small_photo):
    order = inside.gram(small_photo, "conv1", order="strength").order
    maps = embedded().features("conv1", "conv2")(small_photo[None].astype("f4"))[0]
    power = (np.asarray(maps, np.float64) ** 2).mean((0, 1, 2))
    assert list(order) == sorted(range(32), key=lambda k: -power[k])


# --- reconstructions ------------------------------------------------------------------------


def correlation(a, b):
    return np.corrcoef(a.astype(float).ravel(), b.astype(float).ravel())[0, 1]


def test_content_comes_back_from_noise_and_less_of_it_from_deep_layers(inside, photo):
    near = fitted(photo, 96)

    def likeness(picture):
        return correlation(fitted(picture, 24), fitted(near, 24))

    def made(layer):
        steps = list(inside.reconstruct(photo, layer, steps=30, side=96))
        assert [step.step for step in steps] == list(range(31))
        assert steps[-1].loss < 0.3 * steps[1].loss and steps[-1].layers == (layer,)
        assert abs(correlation(steps[0].picture, near)) < 0.1
        return likeness(steps[-1].picture)

    shallow, deep = made("conv1"), made("conv4_2")
    assert shallow > 0.95
    assert 0.2 < deep < shallow - 0.1


def test_style_comes_back_at_other_places(inside, painting):
    near = fitted(painting, 96)
    *_, last = inside.reconstruct(painting, "conv3_2", what="style", steps=40, side=96)
    assert last.layers == ("conv1", "conv2", "conv3_2")
    assert last.loss < 0.1
    assert abs(correlation(last.picture, near)) < 0.4
    colour = [x.reshape(-1, 3).mean(0) for x in (last.picture, near)]
    assert np.abs(colour[0] - colour[1]).max() < 15


def test_closing_a_reconstruction_stops_it(inside, photo):
    stream = inside.reconstruct(photo, "conv1", steps=500)
    assert next(stream).step == 0 and next(stream).step == 1
    stream.close()
    assert next(stream, None) is None


# --- same style, other content --------------------------------------------------------------


@pytest.mark.parametrize("how", ["flip", "shuffle", "turn"])
def test_rearranged_maps_have_the_same_style_and_another_content(inside, small_photo, how):
    result = inside.rearranged(small_photo, "conv4_2", how)
    maps, picture = result.of_maps, result.of_picture
    assert maps.content > 0 and maps.content_relative > 0.5
    assert maps.style < 1e-12 * picture.style
    assert maps.style_relative < 1e-6
    assert set(maps.layers) == set(BY_NAME["embedded"].style_layers)
    assert picture.style_relative > 1e-3, "the filters are no mirror images of each other"
    assert result.before.shape == result.after.shape
    assert (result.before != result.after).any()
    assert result.picture.shape == small_photo.shape
    assert sorted(map(tuple, result.picture.reshape(-1, 3))) == sorted(
        map(tuple, small_photo.reshape(-1, 3))
    )


def test_a_mirrored_picture_is_near_in_style_and_shuffled_pixels_are_not(inside, small_photo):
    mirrored, shuffled = (inside.rearranged(small_photo, how=how) for how in ("flip", "shuffle"))
    assert mirrored.of_picture.style_relative < 0.2 < shuffled.of_picture.style_relative
    np.testing.assert_array_equal(mirrored.picture, small_photo[:, ::-1])


def test_a_layer_that_is_no_style_layer_is_measured_too(inside, small_photo):
    result = inside.rearranged(small_photo, "conv3_1")
    assert result.of_maps.layers["conv3_1"].relative < 1e-6
    assert "conv3_1" not in result.of_maps.shares


# --- what cannot be shown -------------------------------------------------------------------


def refusal(call, *args, **options) -> str:
    with pytest.raises(UserError) as caught:
        result = call(*args, **options)
        if inspect.isgenerator(result):
            next(result)
    return str(caught.value)


def test_wrong_pictures_layers_and_networks_are_refused_in_a_sentence(inside, photo):
    calls = (inside.feature_maps, inside.gram, inside.reconstruct, inside.rearranged)
    for call in calls:
        assert "choose a picture" in refusal(call, None)
        assert "20 x 40" in refusal(call, photo[:40, :20])
        assert 'no layer "conv9"' in refusal(call, photo, "conv9")
        assert "no layer" in refusal(call, photo, None)
        assert 'no network "x"' in refusal(call, photo, network="x")
    assert "second picture is only" in refusal(inside.gram, photo, other=photo[:16, :16])
    assert 'no layer "conv9"' in refusal(inside.excite, "conv9")


@pytest.mark.parametrize("value", [-1, 2**33, 0.5, float("nan"), None, "many", True])
def test_wrong_numbers_are_told_their_range(inside, small_photo, value):
    for call, name in (
        (inside.feature_maps, "count"),
        (inside.best_patches, "channel"),
        (inside.best_patches, "count"),
        (inside.reconstruct, "steps"),
        (inside.reconstruct, "side"),
        (inside.rearranged, "seed"),
    ):
        if name == "seed" and value is True:
            continue
        assert "whole number between" in refusal(call, small_photo, **{name: value})
    assert "whole number between" in refusal(inside.excite, steps=value)
    assert "whole number between" in refusal(inside.excite, channel=value)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("feature_maps", "scale"),
        ("gram", "order"),
        ("reconstruct", "what"),
        ("rearranged", "how"),
    ],
)
def test_wrong_choices_are_told_what_there_is(inside, small_photo, call, name):
    for value in ("sideways", None, 3):
        assert "must be one of" in refusal(getattr(inside, call), small_photo, **{name: value})


# --- the tab --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(inside):
    with gr.Blocks() as page, gr.Tab("Inside"):
        tab.build(inside)
    return page


@pytest.fixture(scope="module")
def events(page):
    return {fn.fn.__name__: fn.fn for fn in page.fns.values() if fn.fn is not None}


def test_the_public_events_are_named_and_described(page):
    public = {fn.api_name for fn in page.fns.values() if fn.api_visibility == "public"}
    assert public == {
        "style_feature_maps",
        "style_excite",
        "style_gram",
        "style_reconstruct",
        "style_rearranged",
    }


def test_no_two_fields_have_the_same_name(page):
    kinds = (gr.Image, gr.Slider, gr.Number, gr.Dropdown, gr.Radio, gr.Textbox)
    names = [block.label for block in page.blocks.values() if isinstance(block, kinds)]
    assert len(names) > 15 and len(set(names)) == len(names)


def test_each_event_answers_with_pictures_and_words(events, small_photo, small_painting):
    picture, words = events["style_feature_maps"](small_photo, layer="conv1", channels="3, 17")
    assert picture.ndim == 3 and "sees 3 x 3 pixels" in words
    *_, (words, grown, sheet, _) = events["style_excite"](small_photo, layer="conv2", steps=10)
    assert "Step 10 of 10" in words and grown.shape == (SIDE, SIDE, 3) and sheet is not None
    *_, (_, grown, sheet, heat) = events["style_excite"](None, layer="conv2", steps=10)
    assert grown is not None and sheet is None and heat is None
    _, words = events["style_gram"](small_photo, layer="conv2", other=small_painting)
    assert "64 \\times 64" in words and "eq. 4" in words
    *_, (words, made, formula) = events["style_reconstruct"](
        small_photo, layer="conv1", steps=10, side=96
    )
    assert "Step 10 of 10: loss" in words and made.shape[1] == 96 and "$$" in formula
    *pictures, words = events["style_rearranged"](small_photo)
    assert len(pictures) == 3 and "| style, eq. 5 |" in words


def test_channels_that_are_no_numbers_are_refused(events, small_photo):
    assert "by their numbers" in refusal(events["style_feature_maps"], small_photo, channels="a, b")
    assert "between 0 and" in refusal(events["style_feature_maps"], small_photo, channels="99999")


def test_the_layers_offered_are_those_of_the_network(events):
    def offered(name, chosen):
        dropdown = events["layers"](name, chosen)
        return [value for _, value in dropdown.choices], dropdown.value

    assert offered("auto", "conv2") == (["auto", *BY_NAME["embedded"].layers], "conv2")
    assert offered("vgg19", "conv2") == (["auto", *BY_NAME["vgg19"].layers], "auto")
