"""A visitor's own pictures: files and zips become training pictures, or one sentence."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from host import UserError
from plugins.gan.data import own
from plugins.gan.data.own import OwnPictures, own_pictures, own_pictures_steps

RANDOM = np.random.default_rng(5)


def png(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array.astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def pack(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


PICTURES = [png(RANDOM.integers(0, 256, (16, 16, 3))) for _ in range(60)]


def foldered(folders: list[str]) -> bytes:
    """A zip with a picture in each of ``folders``, "" for the top."""
    names = (f"{folder}/{n}.png".lstrip("/") for n, folder in enumerate(folders))
    return pack(dict(zip(names, PICTURES, strict=False)))


def refusal(files: list[bytes], size: int = 16, channels: int = 3) -> str:
    with pytest.raises(UserError) as refused:
        own_pictures(files, size, channels)
    return str(refused.value)


def test_single_pictures_come_through_exactly():
    result = own_pictures(PICTURES[:16], 16, 3)
    assert result.pictures.shape == (16, 3, 16, 16) and result.pictures.dtype == torch.float32
    levels = ((result.pictures + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    original = [np.array(Image.open(io.BytesIO(data))) for data in PICTURES[:16]]
    assert np.array_equal(levels, np.stack(original))
    assert result.labels is None and result.names == () and result.left_out == ()
    assert result.notice() == "16 pictures are used, without classes."


def test_grey_has_one_channel():
    grey = own_pictures(PICTURES[:16], 16, 1).pictures
    colour = own_pictures(PICTURES[:16], 16, 3).pictures
    weights = torch.tensor([0.299, 0.587, 0.114])[:, None, None]  # ITU-R BT.601
    assert grey.shape == (16, 1, 16, 16)
    assert torch.allclose(grey, (colour * weights).sum(1, keepdim=True), atol=0.02)


@pytest.mark.parametrize("wide", [True, False])
def test_the_middle_of_a_picture_is_kept_and_not_squeezed(wide: bool):
    image = np.zeros((40, 120, 3))
    image[:, 40:80] = 255
    image[:, 59:61] = RANDOM.integers(200, 256, (16, 40, 2, 3))[0]
    files = []
    for n in range(16):
        image[20, 60] = n
        files.append(png(image if wide else image.swapaxes(0, 1)))
    pictures = own_pictures(files, 20, 1).pictures
    edges = (pictures[..., 0], pictures[..., -1], pictures[..., 0, :], pictures[..., -1, :])
    assert all(float(edge[..., 2:8].min()) > 0.8 for edge in edges)


def test_scaling_down_is_antialiased():
    stripes = np.zeros((256, 256, 3))
    stripes[:, ::2] = 255
    files = []
    for n in range(16):
        stripes[0, 0] = n
        files.append(png(stripes))
    assert float(own_pictures(files, 16, 1).pictures[..., 2:-2].abs().max()) < 0.1


def test_folders_become_classes_in_sorted_order():
    result = own_pictures([foldered(["dogs"] * 9 + ["cats"] * 8)], 16, 3)
    assert result.names == ("cats", "dogs")
    assert result.labels is not None and result.labels.dtype == torch.int64
    assert result.labels.tolist() == [1] * 9 + [0] * 8
    assert result.notice() == "17 pictures are used, in 2 classes: cats (8), dogs (9)."


def test_folders_of_two_zips_are_joined():
    first = pack({f"a/{n}.png": PICTURES[n] for n in range(10)})
    second = pack({f"{'ab'[n % 2]}/{n}.png": PICTURES[n] for n in range(10, 20)})
    result = own_pictures([first, second], 16, 3)
    assert result.names == ("a", "b")
    assert torch.bincount(result.labels).tolist() == [15, 5]


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        (["one"] * 16, "without classes."),
        ([""] * 16, "without classes."),
        (
            ["a"] * 8 + ["b"] * 8 + [""],
            "Folders make classes only where every picture lies in one.",
        ),
        ([f"f{n}" for n in range(21)], "21 folders are too many: at most 20 classes."),
    ],
)
def test_other_folders_are_no_classes(folders: list[str], said: str):
    result = own_pictures([foldered(folders)], 16, 3)
    assert result.labels is None and result.names == ()
    assert result.notice().endswith(said)


def test_a_single_picture_beside_a_zip_leaves_no_classes():
    result = own_pictures([foldered(["a"] * 8 + ["b"] * 8), PICTURES[-1]], 16, 3)
    assert len(result.pictures) == 17 and result.labels is None


def test_copies_count_once():
    jumbled = pack({"again.png": PICTURES[3]})
    result = own_pictures([*PICTURES[:16], PICTURES[0], jumbled], 16, 3)
    assert len(result.pictures) == 16 and result.copies == 2
    assert "2 were left out as exact copies of others." in result.notice()
    assert "only 1." in refusal([PICTURES[0]] * 30)


def test_unreadable_files_are_named_up_to_five_and_then_counted():
    broken = pack({f"cats/bad{n}.png": b"nothing" for n in range(7)})
    result = own_pictures([*PICTURES[:16], broken, b"", PICTURES[20][:-40]], 16, 3)
    assert len(result.pictures) == 16
    assert result.refused == 9 and len(result.left_out) == 5
    assert result.left_out[0].startswith("file 17/cats/bad0.png: This file is damaged or not")
    assert result.notice().endswith("; and 4 more.")
    assert "9 were left out because of problems: file 17/cats/bad0.png" in result.notice()


def test_small_pictures_are_enlarged_and_said_so():
    result = own_pictures([*PICTURES[:15], png(RANDOM.integers(0, 256, (40, 50, 3)))], 32, 3)
    assert result.pictures.shape[-2:] == (32, 32)
    assert "15 were enlarged to 32 x 32" in result.notice()


def test_what_is_over_the_limit_is_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(own, "MAX_PICTURES", 20)
    exactly = own_pictures(PICTURES[:20], 16, 3)
    assert len(exactly.pictures) == 20 and "first" not in exactly.notice()
    more = own_pictures([foldered(["a"] * 10 + ["b"] * 20)], 16, 3)
    assert len(more.pictures) == 20
    assert "Those after the first 20 are left out." in more.notice()


def test_large_pictures_are_limited_by_their_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(own, "MAX_VALUES", 18 * 3 * 64 * 64)
    assert len(own_pictures(PICTURES[:30], 64, 3).pictures) == 18


def test_too_few_are_a_sentence_with_the_reasons():
    assert refusal(PICTURES[:15]) == (
        "At least 16 different pictures are needed, and there are only 15."
    )
    told = refusal([*PICTURES[:3], PICTURES[0], b"junk"])
    assert "only 3. 1 was left out as exact copies" in told and "file 5: This file" in told


def test_one_file_that_cannot_be_used_is_just_its_sentence():
    assert refusal([b""]) == "This file is empty."
    assert refusal([pack({"../a.png": PICTURES[0]})]) == (
        "This zip has file names that point outside of it."
    )
    assert refusal([pack({"a.txt": b""})]) == "There is no picture in this zip."
    assert refusal([b"PK junk"]).startswith("This zip is damaged")


def test_a_bad_zip_does_not_spoil_the_rest():
    result = own_pictures([pack({"/a.png": PICTURES[0]}), foldered(["a"] * 8 + ["b"] * 8)], 16, 3)
    assert result.names == ("a", "b")
    assert result.left_out == ("file 1: This zip has file names that point outside of it.",)


def test_long_names_are_cut():
    folder = "x" * 200
    result = own_pictures([foldered([folder] * 8 + ["b"] * 8)], 16, 3)
    assert [len(name) for name in result.names] == [1, 40]


def test_reading_says_how_far_it_is_and_can_be_left(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(own, "_TELL_EVERY", 0.0)
    told = list(own_pictures_steps(PICTURES[:16], 16, 3))
    assert told[0] == "Reading your pictures: 1 so far ..."
    assert told[-1] == "Reading your pictures: 16 so far ..."
    steps = own_pictures_steps([foldered(["a"] * 20)], 16, 3)
    next(steps)
    steps.close()


@pytest.mark.parametrize(
    ("files", "size", "channels"),
    [([], 32, 3), (PICTURES, 4, 3), (PICTURES, 1000, 3), (PICTURES, 32, 2), (PICTURES, 32.5, 3)],
)
def test_bad_requests_are_refused_at_once(files: list[bytes], size: int, channels: int):
    with pytest.raises(UserError):
        own_pictures_steps(files, size, channels)


def usable(result: OwnPictures, size: int, channels: int) -> bool:
    pictures, labels = result.pictures, result.labels
    return (
        len(pictures) >= 16
        and pictures.shape[1:] == (channels, size, size)
        and bool((pictures.abs() <= 1).all())
        and (labels is None) == (result.names == ())
        and (labels is None or len(torch.unique(labels)) == len(result.names))
        and bool(result.notice())
    )


anything = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=200).map(lambda data: b"PK\x03\x04" + data),
    st.binary(max_size=100).map(lambda data: PICTURES[0][:30] + data),
    st.sampled_from(PICTURES),
)
path = st.text("ab/.\\:ü\n ", min_size=1, max_size=8).map(lambda name: name + ".png")
zips = st.dictionaries(path, anything, max_size=6).map(pack)


@settings(max_examples=150, deadline=None)
@given(
    files=st.lists(st.one_of(anything, zips), max_size=4),
    good=st.booleans(),
    channels=st.sampled_from([1, 3]),
)
def test_any_bytes_give_a_result_or_a_sentence(files: list[bytes], good: bool, channels: int):
    given_files = [*files, *PICTURES[:16]] if good else files
    try:
        result = own_pictures(given_files, 8, channels)
    except UserError as error:
        assert not good and str(error)
    else:
        assert usable(result, 8, channels)


@settings(max_examples=100, deadline=None)
@given(
    cuts=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=8),
    end=st.integers(1, 5000),
)
def test_a_damaged_zip_gives_a_result_or_a_sentence(cuts: list[tuple[int, int]], end: int):
    data = bytearray(ZIP[:end])
    for place, value in cuts:
        data[place % len(data)] = value
    try:
        result = own_pictures([bytes(data)], 8, 3)
    except UserError as error:
        assert str(error)
    else:
        assert usable(result, 8, 3)


ZIP = pack({f"{'ab'[n % 2]}/{n}.png": png(RANDOM.integers(0, 256, (8, 8, 3))) for n in range(17)})
