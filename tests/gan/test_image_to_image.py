"""Portraits from lines and colours for grey pictures: what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import l1_loss

from host import UserError
from plugins.gan.loaded import LoadedNetworks
from plugins.gan.translation import edges, framing, lab
from plugins.gan.translation import translate_view as view
from plugins.gan.translation.colour import coloured
from plugins.gan.translation.image_to_image import ImageToImage
from plugins.gan.translation.line_styles import styled_lines
from plugins.gan.translation.pix2pix import Pix2Pix, Pix2PixConfig
from plugins.gan.translation.quality import Eye, EyeConfig, save_eye
from plugins.gan.translation.unet import UNet, UNetConfig, save_unet

ASSETS = Path(__file__).resolve().parents[2] / "assets"
TINY = (4, 8, 8, 8, 8)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """For such small networks further threads only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> ImageToImage:
    """With small networks that learnt nothing: the answers' form is the same."""
    folder = tmp_path_factory.mktemp("networks")
    torch.manual_seed(0)
    for task, outputs in (("edges", 3), ("colour", 2)):
        for kind in ("l1", "gan"):
            network = UNet(UNetConfig(1, outputs, TINY)).eval()
            save_unet(network, folder / f"{task}_{kind}.safetensors")
    save_eye(Eye(EyeConfig(widths=(4, 4, 4, 4, 4))), folder / "perceptual.safetensors")
    Image.new("RGB", (128, 128), "gray").save(folder / "edges_mean.png")
    return ImageToImage(LoadedNetworks("cpu", folder))


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    return np.asarray(Image.open(ASSETS / "face" / "anna_1.jpg").convert("RGB"))


def square_on_white() -> np.ndarray:
    picture = np.full((128, 128, 3), 255, np.uint8)
    picture[32:96, 32:96] = (200, 30, 30)
    return picture


def test_edges_are_thin_lines_where_the_picture_changes():
    found = edges.find_edges(square_on_white(), sigma=1.0)
    ys, xs = np.nonzero(found)
    distance = np.minimum(np.abs(ys - 31.5), np.abs(ys - 95.5))
    distance = np.minimum(distance, np.minimum(np.abs(xs - 31.5), np.abs(xs - 95.5)))
    assert distance.max() < 3
    assert 4 * 55 < found.sum() < 2.5 * 4 * 64  # all around, and not filled


def test_more_detail_draws_more_lines(face: np.ndarray):
    amounts = [edges.find_edges(face, detail).sum() for detail in (0.0, 0.4, 0.8)]
    assert amounts[0] < amounts[1] < amounts[2]


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_plain_or_noisy_picture_has_no_edges(level: int):
    noise = np.random.default_rng(0).normal(level, 2, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    assert not edges.find_edges(noise).any()


def test_a_thicker_pen_leaves_more_ink():
    lines = edges.find_edges(square_on_white())
    assert edges.ink(lines, 1).sum() < edges.ink(lines, 2).sum() < edges.ink(lines, 3).sum()


def test_faint_pencil_on_shaded_paper_becomes_full_ink_on_white():
    shade = np.linspace(140, 240, 256).astype(np.uint8)
    drawing = np.repeat(np.tile(shade, (256, 1))[..., None], 3, axis=2)
    drawing[100:106, 20:236] -= 60
    lines = edges.drawing_lines(drawing, 128)
    assert lines[51, 20:108].min() > 0.8
    lines[48:55] = 0
    assert lines.max() < 0.05


def test_styled_lines_vary_and_repeat_with_their_seed(face: np.ndarray):
    small = np.asarray(Image.fromarray(face).resize((128, 128)))
    first, again, other = (
        np.stack([styled_lines(small, rng) for _ in range(4)])
        for rng in map(np.random.default_rng, (1, 1, 2))
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.min() >= 0 and first.max() <= 1
    assert len({each.sum() for each in first}) == 4


def test_lab_and_back_is_the_same_picture():
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    assert np.abs(lab.to_rgb(lab.to_lab(picture)).astype(int) - picture).max() <= 1


def test_lab_of_known_colours():
    # CIE 15 with sRGB's primaries and D65
    found = lab.to_lab(np.array([[255, 255, 255], [255, 0, 0], [0, 0, 255]], np.uint8))
    expected = [[100, 0, 0], [53.24, 80.09, 67.20], [32.30, 79.19, -107.86]]
    assert np.allclose(found, expected, atol=0.05)


def test_colourfulness_of_grey_is_none_and_grows_with_colour():
    picture = square_on_white()
    pale = (0.5 * picture + 0.5 * lab.grey_of(picture)).astype(np.uint8)
    assert lab.colourfulness(lab.grey_of(picture)) < 0.5
    assert 1 < lab.colourfulness(pale) < lab.colourfulness(picture)


def test_a_photo_becomes_lines_and_portraits_with_figures(
    translator: ImageToImage, face: np.ndarray
):
    found = translator.edges(face)
    assert list(found.answers) == ["average", "L1 only", "GAN"]
    assert found.target is not None
    for each in (found.source, found.target, *found.answers.values()):
        assert each.shape == (128, 128, 3) and each.dtype == np.uint8
    assert list(found.figures) == list(found.answers)
    top = (face.shape[0] - face.shape[1]) // 2
    middle = Image.fromarray(face[top : top + face.shape[1]]).resize((128, 128))
    assert np.abs(found.target.astype(int) - np.asarray(middle)).mean() < 6


def test_a_drawing_has_no_truth(translator: ImageToImage):
    drawing = np.asarray(Image.open(ASSETS / "gan" / "drawing_1.png").convert("RGB"))
    found = translator.edges(drawing, drawing=True)
    assert found.target is None and found.figures == {}
    ink, shrunk = (
        (np.asarray(Image.fromarray(each).convert("L").resize((128, 128))) < 128)
        for each in (found.source, drawing)
    )
    assert (ink & shrunk).sum() > 0.7 * shrunk.sum()


def test_a_wide_drawing_is_kept_whole(translator: ImageToImage):
    drawing = np.full((100, 300, 3), 255, np.uint8)
    drawing[20:80, 10:14] = drawing[20:80, 286:290] = 0
    found = translator.edges(drawing, drawing=True)
    inked = np.nonzero((found.source < 128).any(axis=(0, 2)))[0]
    assert inked.min() < 10 and inked.max() > 118


@pytest.mark.parametrize("shape", [(48, 80), (333, 500), (17, 900)])
def test_colours_are_added_and_the_lightness_stays(
    translator: ImageToImage, shape: tuple[int, int]
):
    rng = np.random.default_rng(0)
    picture = rng.integers(60, 200, (*shape, 3), dtype=np.uint8)
    found = translator.colour(picture)
    assert list(found.answers) == ["grey", "L1 only", "GAN"]
    assert found.target is picture
    assert lab.chroma(found.answers["grey"]) < 1
    true = lab.to_lab(picture)[..., 0]
    for answer in found.answers.values():
        assert answer.shape == picture.shape
        assert np.abs(lab.to_lab(answer)[..., 0] - true).mean() < 1.0


def test_the_answer_does_not_depend_on_the_colours_taken_away(
    translator: ImageToImage, face: np.ndarray
):
    found = translator.colour(face)
    again = translator.colour(lab.grey_of(face))
    assert again.target is None and again.figures == {}
    for name, answer in again.answers.items():
        assert np.abs(found.answers[name].astype(int) - answer).max() <= 2


def test_a_large_picture_is_scaled_down_to_1024(translator: ImageToImage):
    picture = np.zeros((700, 2048, 3), np.uint8)
    picture[:, ::2] = (250, 120, 20)
    found = translator.colour(picture)
    assert found.source.shape == (350, 1024, 3)
    said = view.scaled(picture.shape[:2], found)
    assert "2048 x 700" in said and "1024 x 350" in said


@pytest.mark.parametrize("shape", [(15, 200), (200, 15), (1, 1), (20, 8000)])
def test_too_small_a_picture_is_refused(translator: ImageToImage, shape: tuple[int, int]):
    picture = np.zeros((*shape, 3), np.uint8)
    with pytest.raises(UserError, match="at least 16|too narrow"):
        translator.colour(picture)


def test_too_small_a_drawing_is_refused(translator: ImageToImage):
    for drawing in (False, True):
        with pytest.raises(UserError, match="each side must have at least 16"):
            translator.edges(np.zeros((300, 8, 3), np.uint8), drawing)


def test_a_picture_without_lines_is_refused(translator: ImageToImage):
    white = np.full((64, 64, 3), 255, np.uint8)
    with pytest.raises(UserError, match="No edges"):
        translator.edges(white)
    with pytest.raises(UserError, match="no lines"):
        translator.edges(white, drawing=True)


@pytest.mark.parametrize("detail", [-0.1, 1.1, float("nan"), "much"])
def test_a_wrong_detail_is_refused(translator: ImageToImage, detail: float):
    with pytest.raises(UserError, match="The detail must be"):
        translator.edges(square_on_white(), detail=detail)


def test_a_missing_network_is_said_in_a_sentence(tmp_path: Path, face: np.ndarray):
    with pytest.raises(UserError, match="missing or damaged"):
        ImageToImage(LoadedNetworks("cpu", tmp_path)).colour(face)


def test_l1_alone_learns_and_leaves_the_discriminator():
    torch.manual_seed(0)
    trainer = Pix2Pix(UNetConfig(1, 3, (8, 8)), Pix2PixConfig(learning_rate_g=3e-3))
    before = [each.clone() for each in trainer.discriminator.parameters()]
    condition = torch.rand(8, 1, 32, 32) * 2 - 1
    truth = condition.expand(-1, 3, -1, -1) * 0.5
    first = trainer.step(condition, truth, adversarial=False)
    for _ in range(80):
        last = trainer.step(condition, truth, adversarial=False)
    assert last.l1 < 0.4 * first.l1
    assert last.adversarial == last.discriminator == 0
    after = trainer.discriminator.parameters()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_the_discriminator_learns_to_tell_right_pairs_from_made_ones():
    torch.manual_seed(0)
    trainer = Pix2Pix(UNetConfig(1, 3, (8, 8)), Pix2PixConfig(l1=1.0, learning_rate_d=3e-3))
    condition = torch.rand(8, 1, 32, 32) * 2 - 1
    truth = condition.expand(-1, 3, -1, -1) * 0.5
    for group in trainer.optimiser_g.param_groups:
        group["lr"] = 0.0  # an opponent that stands still
    first = trainer.step(condition, truth, adversarial=True)
    for _ in range(25):
        last = trainer.step(condition, truth, adversarial=True)
    assert first.discriminator == pytest.approx(np.log(2), abs=0.2)
    assert last.discriminator < 0.5 * first.discriminator


def test_the_average_follows_the_generator():
    torch.manual_seed(0)
    trainer = Pix2Pix(
        UNetConfig(1, 2, (8, 8)), Pix2PixConfig(learning_rate_g=5e-3, precision="bfloat16")
    )
    condition, truth = torch.rand(4, 1, 32, 32), torch.zeros(4, 2, 32, 32)
    with torch.no_grad():
        before = l1_loss(trainer.average(condition), truth).item()
        for _ in range(60):
            with torch.enable_grad():
                trainer.step(condition, truth, adversarial=False)
        assert l1_loss(trainer.average(condition), truth).item() < 0.5 * before


@pytest.mark.parametrize("name", ["drawing_1.png", "drawing_2.png"])
def test_the_canvas_is_white_where_nothing_is_drawn(name: str):
    grey = np.asarray(Image.open(ASSETS / "gan" / name))
    canvas = np.zeros((*grey.shape, 4), np.uint8)
    canvas[..., 3] = 255 - grey
    paper = framing.on_paper({"composite": canvas})
    assert paper is not None
    assert np.array_equal(paper[..., 0], grey)
    assert framing.on_paper({"composite": np.zeros((8, 8, 4), np.uint8)}) is None


def test_the_zoom_takes_the_square_it_says():
    picture = np.arange(40 * 60, dtype=np.uint16).reshape(40, 60, 1).repeat(3, 2).astype(np.uint8)
    assert np.array_equal(framing.square(picture, 1, 0, 0), picture[:, :40])
    assert np.array_equal(framing.square(picture, 2, 1, 1), picture[20:, 40:])
    with pytest.raises(UserError):
        framing.square(picture, 0.5, 0, 0)


def test_the_words_say_what_the_figures_say(translator: ImageToImage, face: np.ndarray):
    found = translator.colour(face)
    said = view.words(found, view.COLOUR)
    better = max(("L1 only", "GAN"), key=lambda name: found.figures[name].psnr)
    assert f"**{better}**" in said and "By pixels" in said and "Colourfulness" in said


def test_colours_come_from_the_network():
    torch.manual_seed(0)
    network = UNet(UNetConfig(1, 2, TINY)).eval()
    with torch.no_grad():  # always the same colour: a* = 44, b* = -44
        network.head[1].weight.zero_()
        network.head[1].bias.copy_(torch.atanh(torch.tensor([0.4, -0.4])))
    found = lab.to_lab(coloured(network, np.full((40, 40, 3), 128, np.uint8)))
    assert np.allclose(found.reshape(-1, 3).mean(axis=0)[1:], [44, -44], atol=1)


def test_a_sheet_that_was_only_put_there_is_a_drawing_too():
    sheet = np.full((8, 8, 4), 255, np.uint8)
    sheet[2:4, :, :3] = 0
    for composite in (None, np.zeros_like(sheet)):
        paper = framing.on_paper({"background": sheet, "layers": [], "composite": composite})
        assert (paper == sheet[..., :3]).all()
    assert framing.on_paper({"background": np.zeros_like(sheet), "composite": None}) is None
