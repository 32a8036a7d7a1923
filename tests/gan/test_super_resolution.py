from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from host import UserError
from plugins.gan.backend import GanBackend
from plugins.gan.loaded import LoadedNetworks
from plugins.gan.translation import enlarge_tab, enlarge_view
from plugins.gan.translation.degrade import bicubic, shrink, to_picture, to_tensor
from plugins.gan.translation.enlarger import Enlarger, EnlargerConfig, load_enlarger, save_enlarger
from plugins.gan.translation.patches import PatchDiscriminator
from plugins.gan.translation.quality import Eye, EyeConfig, compare, luma_psnr, save_eye
from plugins.gan.translation.results import Figures, Translation
from plugins.gan.translation.super_resolution import SuperResolution
from plugins.gan.weights import CheckpointError

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "gan"


@pytest.fixture(scope="module")
def drawing() -> np.ndarray:
    """A picture with edges and fine lines, (96, 128, 3)."""
    y, x = np.mgrid[:96, :128]
    picture = np.stack([x * 2, y * 2, 255 - x - y], 2).astype(np.uint8)
    picture[20:60, 30:90] = (220, 40, 30)
    picture[::6, 64:] = 255
    return picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small networks that were never trained; the two enlarging ones are not alike."""
    folder = tmp_path_factory.mktemp("enlarge")
    for seed, name in enumerate(("l1", "gan")):
        save_enlarger(small_enlarger(seed), folder / f"super_resolution_{name}.safetensors")
    save_eye(Eye(EyeConfig((8, 8, 8, 8, 8))).eval(), folder / "perceptual.safetensors")
    return folder


def small_enlarger(seed: int) -> Enlarger:
    torch.manual_seed(seed)
    network = Enlarger(EnlargerConfig(width=8, blocks=2, fine=4))
    torch.nn.init.normal_(network.tail.weight, std=0.05)
    return network.eval()


def enlarged(folder: Path, picture: np.ndarray, prove: bool = True) -> Translation:
    return list(SuperResolution(LoadedNetworks("cpu", folder)).enlarge(picture, prove))[-1]


def test_shrinking_does_not_alias() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255  # far finer than the small picture can show: it must become grey
    small = to_picture(shrink(to_tensor(stripes)))[2:-2, 2:-2]
    assert small.std() < 2
    assert abs(small.mean() - 127.5) < 2


def test_shrinking_and_enlarging_keeps_what_is_smooth(drawing: np.ndarray) -> None:
    y, x = np.mgrid[:64, :96]
    smooth = np.stack([x * 2, y * 3, x + y], 2).astype(np.uint8)
    back = to_picture(bicubic(shrink(to_tensor(smooth))))
    assert back.shape == smooth.shape
    inside = (slice(8, -8), slice(8, -8))
    assert np.abs(back[inside].astype(int) - smooth[inside]).max() <= 2  # so nothing is shifted


def test_an_untrained_network_is_the_bicubic_enlargement(drawing: np.ndarray) -> None:
    small = shrink(to_tensor(drawing))
    with torch.inference_mode():
        answer = Enlarger(EnlargerConfig(8, 1, 4))(small)
    torch.testing.assert_close(answer, bicubic(small))


def test_a_place_is_enlarged_alike_wherever_it_lies(drawing: np.ndarray) -> None:
    network, small = small_enlarger(3), to_tensor(np.tile(drawing, (1, 2, 1)))
    with torch.inference_mode():
        whole, part = network(small), network(small[..., 128:])
    border = 4 * 12
    torch.testing.assert_close(whole[..., 512 + border :], part[..., border:], atol=1e-4, rtol=0)


def test_shrunk_and_compared(folder: Path, drawing: np.ndarray) -> None:
    found = enlarged(folder, drawing)
    assert list(found.answers) == ["bicubic", "L1 only", "GAN"] == list(found.figures)
    assert found.target is not None
    np.testing.assert_array_equal(found.target, drawing)
    for picture in (found.source, *found.answers.values()):
        assert picture.shape == drawing.shape
        assert picture.dtype == np.uint8
    blocks = found.source.reshape(24, 4, 32, 4, 3)
    assert (blocks == blocks[:, :1, :, :1]).all()  # the small picture, each pixel 4 x 4
    assert not np.array_equal(found.answers["L1 only"], found.answers["GAN"])


def test_enlarged_as_it_is(folder: Path, drawing: np.ndarray) -> None:
    found = enlarged(folder, drawing, prove=False)
    assert found.target is None
    assert found.figures == {}
    assert {each.shape for each in found.answers.values()} == {(384, 512, 3)}
    np.testing.assert_array_equal(found.source[::4, ::4], drawing)


def test_bicubic_comes_first_and_answers_are_added(folder: Path, drawing: np.ndarray) -> None:
    counts = [
        len(each.answers)
        for each in SuperResolution(LoadedNetworks("cpu", folder)).enlarge(drawing)
    ]
    assert counts[0] == 1
    assert counts[-1] == 3
    assert counts == sorted(counts)


def test_large_pictures_are_scaled_down_first(folder: Path) -> None:
    large = np.full((1500, 2000, 3), 90, np.uint8)
    proof = enlarged(folder, large)
    assert proof.answers["GAN"].shape == (480, 640, 3)
    assert "scaled down from 2000 x 1500" in enlarge_view.summary(proof, large.shape[:2])
    assert enlarged(folder, large, prove=False).answers["GAN"].shape == (768, 1024, 3)


def test_sides_are_cut_to_multiples_of_4(folder: Path, drawing: np.ndarray) -> None:
    found = enlarged(folder, drawing[:95, :127])
    assert found.target is not None
    assert found.target.shape == (92, 124, 3)
    assert "margin was cut" in enlarge_view.summary(found, (95, 127))
    assert "margin" not in enlarge_view.summary(enlarged(folder, drawing), (96, 128))


@pytest.mark.parametrize(
    ("shape", "prove", "sentence"),
    [
        ((15, 40), False, "too small: each side needs at least 16 pixels"),
        ((63, 200), True, "too small: each side needs at least 64 pixels"),
        ((70, 4000), True, "too narrow"),
        ((4000, 20), False, "too narrow"),
    ],
)
def test_too_small_is_refused_at_once(
    folder: Path, shape: tuple[int, int], prove: bool, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        SuperResolution(LoadedNetworks("cpu", folder)).enlarge(
            np.zeros((*shape, 3), np.uint8), prove
        )


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (None, "choose a picture"),
        (np.zeros((64, 64, 3)), "RGB picture, uint8"),
        (np.zeros((64, 64), np.uint8), "RGB picture, uint8"),
        ("photo.jpg", "RGB picture, uint8"),
    ],
)
def test_what_is_no_picture_is_refused(backend: GanBackend, picture: object, sentence: str) -> None:
    for call in (
        lambda: list(backend.enlarge(picture)),
        lambda: backend.colour(picture),
        lambda: backend.edges_to_picture(picture),
        lambda: backend.critic(b"", picture),
    ):
        with pytest.raises(UserError, match=sentence):
            call()


def test_the_smallest_picture_is_enlarged(folder: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    assert enlarged(folder, picture, prove=False).answers["GAN"].shape == (64, 64, 3)
    assert enlarged(folder, picture.repeat(4, 0).repeat(4, 1)).figures["GAN"].psnr > 0


def test_figures_of_the_truth_itself_are_the_best_there_are(drawing: np.ndarray) -> None:
    assert compare(Eye().eval(), drawing, drawing) == Figures(
        100.0, pytest.approx(1, abs=1e-4), 0.0
    )


def test_figures_worsen_with_damage(drawing: np.ndarray) -> None:
    eye = Eye().eval()
    picture = Image.fromarray(drawing)
    slight, strong = (
        compare(eye, np.asarray(picture.filter(ImageFilter.GaussianBlur(radius))), drawing)
        for radius in (0.7, 3)
    )
    assert slight.psnr > strong.psnr
    assert slight.ssim > strong.ssim
    assert slight.perceptual < strong.perceptual


def test_psnr_is_what_its_formula_says(drawing: np.ndarray) -> None:
    other = drawing.clip(0, 250) + 5
    error = np.mean((other.astype(float) - drawing) ** 2)
    assert compare(Eye().eval(), other.astype(np.uint8), drawing).psnr == pytest.approx(
        10 * np.log10(255**2 / error), abs=1e-3
    )
    grey = np.full((16, 16, 3), 100, np.uint8)
    assert luma_psnr(grey + np.uint8(10), grey) == pytest.approx(20 * np.log10(25.5))


def test_the_discriminator_learns_to_tell_sharp_from_blurred(drawing: np.ndarray) -> None:
    torch.manual_seed(0)
    real, plain = to_tensor(drawing), bicubic(shrink(to_tensor(drawing)))
    discriminator = PatchDiscriminator(8)
    optimiser = torch.optim.Adam(discriminator.parameters(), 5e-3)
    for _ in range(25):
        optimiser.zero_grad()
        (discriminator(plain, plain).mean() - discriminator(real, plain).mean()).backward()
        optimiser.step()
    with torch.no_grad():
        logits = discriminator(real, plain)
        assert logits.shape == (1, 24, 32)
        assert logits.mean() > discriminator(plain, plain).mean() + 0.1


def test_only_its_own_files_are_loaded(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="nothing in the format"):
        load_enlarger(folder / "perceptual.safetensors")
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"no such thing")
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        load_enlarger(damaged)


def test_the_closer_look_finds_where_the_networks_differ(drawing: np.ndarray) -> None:
    other = drawing.copy()
    other[70:80, 100:110] ^= 255
    found = Translation(drawing, {"L1 only": drawing, "GAN": other}, None, {})
    look = enlarge_view.closer_look(found)
    differ = np.abs(look["L1 only"].astype(int) - look["GAN"]).max(2) > 0
    scale = round(len(differ) / 19)
    assert differ.sum() == 100 * scale**2  # all of it


def test_the_table_marks_the_best_of_each_measure() -> None:
    figures = {"bicubic": Figures(20, 0.5, 0.3), "GAN": Figures(21, 0.4, 0.1)}
    rows = enlarge_view.table(figures).split("<tr>")[2:]
    assert "<b>0.500</b>" in rows[0]
    assert "<b>21.00</b>" in rows[1]
    assert "<b>0.100</b>" in rows[1]
    assert rows[0].count("<b>") + rows[1].count("<b>") == 3


def test_the_tab_answers_over_the_api(folder: Path, drawing: np.ndarray) -> None:
    with gr.Blocks() as page:
        enlarge_tab.build(SuperResolution(LoadedNetworks("cpu", folder)))
    enlarge = event(page, "gan_enlarge")
    *_, last = enlarge(drawing, "prove", "bicubic", "the truth")
    words, table, pair, closer, every, _ = last
    assert "Shrunk from 128 x 96 to 32 x 24" in words
    assert "PSNR" in table
    np.testing.assert_array_equal(pair[1], drawing)
    captions = [caption for _, caption in every]
    assert captions == [caption for _, caption in closer]
    assert captions[1:] == ["bicubic", "L1 only", "GAN", "the truth"]
    *_, last = enlarge(drawing, "as it is", "bicubic", "the truth")
    assert last[1] == ""
    with pytest.raises(UserError, match='"prove" or "as it is"'):
        list(enlarge(drawing, "other"))


def event(page: gr.Blocks, name: str) -> Any:
    return next(each.fn for each in page.fns.values() if each.api_name == name)


@pytest.mark.parametrize("example", ["landscape", "lines"])
def test_what_is_shipped_keeps_its_promises(example: str) -> None:
    picture = np.asarray(Image.open(ASSETS / f"enlarge_{example}.png").convert("RGB"))
    figures = enlarged(ASSETS, picture).figures
    assert figures["L1 only"].psnr > figures["bicubic"].psnr + 0.3
    assert figures["L1 only"].psnr > figures["GAN"].psnr
    best = min(figures, key=lambda name: figures[name].perceptual)
    assert best == "GAN"


def test_what_is_shipped_is_small() -> None:
    for name in ("super_resolution_l1", "super_resolution_gan", "perceptual"):
        assert (ASSETS / f"{name}.safetensors").stat().st_size < 1_300_000
