"""Models and LoRAs: swapped, refused, taken off again; memory and safety."""

import json
import shutil

import numpy as np
import pytest
import torch
from test_pictures import made, news_of, picture_of
from triptych_text_to_image.results import Loading

from host import UserError


def test_a_model_stays_until_another_is_asked_for(make_backend, models):
    first, second = str(models["first"]), str(models["second"])
    backend = make_backend(first, models=[second])
    assert "not loaded" in backend.health()["model"]

    def loaded(**changes):
        return {each.name for each in news_of(backend, **changes) if isinstance(each, Loading)}

    assert loaded() == {first} and loaded() == set()
    assert backend.health()["model"] == first and backend.health()["precision"] == "float32"
    one = picture_of(backend)
    assert loaded(model=second) == {second} and backend.health()["model"] == second
    assert not np.array_equal(picture_of(backend, model=second), one)
    assert loaded() == {first} and np.array_equal(picture_of(backend), one)
    backend.close()
    assert "not loaded" in backend.health()["model"]
    assert np.array_equal(picture_of(backend), one)


def test_a_lora_changes_the_picture_by_its_weight_and_is_taken_off_again(backend, loras):
    lora = str(loras["fitting"])
    plain = picture_of(backend)
    full = picture_of(backend, lora=lora)
    assert backend.health()["lora"] == lora
    assert not np.array_equal(full, plain)
    assert not np.array_equal(picture_of(backend, lora=lora, lora_weight=0.5), full)
    assert np.array_equal(picture_of(backend, lora=lora), full)
    assert np.array_equal(picture_of(backend, lora=lora, lora_weight=0), plain)
    assert np.array_equal(picture_of(backend), plain)
    assert backend.health()["lora"] == "none"


def test_a_lora_that_does_not_fit_is_told_and_leaves_nothing_behind(backend, loras):
    plain = picture_of(backend)
    with pytest.raises(UserError, match="does not fit the model"):
        picture_of(backend, lora=str(loras["unfit"]))
    assert np.array_equal(picture_of(backend), plain)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("lora.safetensors", b"no tensors", "damaged"),
        ("lora.bin", b"whatever", "any program"),
        ("missing.safetensors", None, "no LoRA .* on this machine"),
    ],
)
def test_a_lora_that_is_none_is_told(make_backend, models, tmp_path, name, content, sentence):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    backend = make_backend(models["first"], loras=[str(path)])
    with pytest.raises(UserError, match=sentence):
        picture_of(backend, lora=str(path))


def test_a_lora_of_other_layers_is_told(make_backend, models, tmp_path):
    from safetensors.torch import save_file

    path = tmp_path / "strange.safetensors"
    save_file({"some.layer.lora_A.weight": torch.ones(4, 4)}, path)
    backend = make_backend(models["first"], loras=[str(path)])
    with pytest.raises(UserError, match="does not fit the model"):
        picture_of(backend, lora=str(path))


def test_pickled_weights_are_refused(backend, models):
    assert list((models["pickled"] / "unet").glob("*.bin"))
    with pytest.raises(UserError, match=r"pickle .* use a version with safetensors"):
        picture_of(backend, model=str(models["pickled"]))


def _without_index(folder):
    (folder / "model_index.json").unlink()


def _no_json(folder):
    (folder / "model_index.json").write_text("{")


def _of_another_kind(folder):
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(
        json.dumps({**index, "_class_name": "AudioLDMPipeline"})
    )


def _with_code_of_its_own(folder):
    index = json.loads((folder / "model_index.json").read_text())
    index["unet"] = ["own_unet", "OwnUNet"]
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "unet" / "own_unet.py").write_text("raise SystemExit('code of a model was run')")


def _damaged(folder):
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"\0" * 100)


def _without_part(folder):
    shutil.rmtree(folder / "vae")


def _gone(folder):
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (_without_index, "no text-to-image model for diffusers"),
        (_no_json, "cannot be read"),
        (_of_another_kind, "no text-to-image model that works here .*AudioLDM"),
        (_with_code_of_its_own, "could not be loaded"),
        (_damaged, "could not be loaded: its files are incomplete, damaged"),
        (_without_part, "no folder vae"),
        (_gone, "no model .* on this machine|not on this machine"),
    ],
)
def test_a_folder_that_is_no_usable_model_is_told(make_backend, models, tmp_path, damage, sentence):
    folder = shutil.copytree(models["first"], tmp_path / "model")
    damage(folder)
    with pytest.raises(UserError, match=sentence):
        picture_of(make_backend(folder))


def test_offline_a_model_that_is_not_here_is_told(make_backend):
    backend = make_backend("nobody/no-such-model")  # host.testing's context is offline
    with pytest.raises(UserError, match=r"nobody/no-such-model is not on this machine, .*offline"):
        picture_of(backend)


@pytest.mark.parametrize("name", ["nobody/no-lora", "nobody/no-lora/file.safetensors"])
def test_offline_a_lora_that_is_not_here_is_told(make_backend, models, name):
    backend = make_backend(models["first"], loras=[name])
    with pytest.raises(UserError, match=r"nobody/no-lora is not on this machine, .*offline"):
        picture_of(backend, lora=name)


def test_a_visitor_cannot_name_a_folder_even_where_any_model_may_be_named(
    make_backend, models, monkeypatch
):
    backend = make_backend(models["first"], any=True)
    with pytest.raises(UserError, match="OWNER/NAME"):
        picture_of(backend, model=str(models["second"]))
    # a folder that looks like an id is not looked into either
    monkeypatch.chdir(models["second"].parents[1])
    name = f"{models['second'].parent.name}/second"
    with pytest.raises(UserError, match="offline"):
        picture_of(backend, model=name)


def test_models_and_loras_that_are_not_offered_are_refused(make_backend, models):
    backend = make_backend(models["first"])
    with pytest.raises(UserError, match=r"not offered here; choose one of .*first"):
        picture_of(backend, model="other/model")
    with pytest.raises(UserError, match=r"LoRA .* not offered"):
        picture_of(backend, lora="other/lora")


def test_a_picture_that_the_safety_checker_blocks_is_black_and_told(backend, models):
    (blocked,) = made(backend, model=str(models["blocking"]))
    assert blocked.blocked and not blocked.picture.any()
    assert blocked.settings["safety_checker"] == "on"
    (passed,) = made(backend, model=str(models["passing"]))
    assert not passed.blocked and passed.picture.any()


def test_the_operator_may_switch_the_safety_checker_off(make_backend, models):
    (free,) = made(make_backend(models["blocking"], safety_checker=False))
    assert not free.blocked and free.picture.any()
    assert free.settings["safety_checker"] == "none"


def test_too_little_memory_is_told(make_backend, models):
    backend = make_backend(models["first"], max_side=10**8)
    with pytest.raises(UserError, match="not enough memory"):
        picture_of(backend, width=10**8, height=10**8)
    assert picture_of(backend).any()


def test_bfloat16_on_the_cpu_is_the_operators_choice(make_backend, models):
    backend = make_backend(models["first"], cpu_bfloat16=True)
    (result,) = made(backend)
    assert result.settings["precision"] == "bfloat16" and result.picture.std() > 1
    assert np.array_equal(picture_of(backend), result.picture)
    assert not np.array_equal(picture_of(make_backend(models["first"])), result.picture)


def test_decoding_in_tiles_changes_little(make_backend, models):
    plain = picture_of(make_backend(models["first"], low_memory=False), width=256, height=256)
    tiled = picture_of(make_backend(models["first"], low_memory=True), width=256, height=256)
    assert tiled.shape == plain.shape
    # seen, but only just
    assert 0 < np.abs(tiled.astype(float) - plain).mean() < plain.std()
