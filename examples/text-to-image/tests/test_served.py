"""The whole way: page, worker, and a hub to download from."""

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import tiny
from gradio_client import handle_file
from hub_server import HubServer
from PIL import Image
from triptych_text_to_image.png import read_settings

EVENT = "/text_to_image_generate"
SMALL = {"width": 64, "height": 64, "steps": 3, "seed": 7}


@pytest.fixture(scope="module")
def hub(tmp_path_factory, models, loras):
    """A hub with a model in two precisions, with pickles and code beside them, and a LoRA."""
    folder = shutil.copytree(models["first"], tmp_path_factory.mktemp("repos") / "model")
    for path in list(folder.rglob("*.safetensors")):
        shutil.copy(path, path.with_name(path.name.replace(".safetensors", ".fp16.safetensors")))
        path.with_suffix(".bin").write_bytes(b"a pickle")
    (folder / "unet" / "code.py").write_text("raise SystemExit")
    (folder / "whole.ckpt").write_bytes(b"a pickle")
    plain = folder.with_name("plain")
    plain.mkdir()
    (plain / "config.json").write_text("{}")
    slow = tiny.model(folder.with_name("slow"), seed=9)
    weights = slow / "unet" / "diffusion_pytorch_model.safetensors"
    weights.with_name("slow.safetensors").write_bytes(bytes(40_000_000))
    weights.unlink()
    server = HubServer(
        {
            "tiny/model": folder,
            "tiny/lora": loras["fitting"],
            "tiny/plain": plain,
            "tiny/slow": slow,
        },
        slow="slow.safetensors",
    )
    yield server
    server.stop()


@pytest.fixture(scope="module")
def app(start_app, hub, models, tmp_path_factory):
    options = {"default_model": "tiny/model", "any": True, "models": [str(models["blocking"])]}
    home = tmp_path_factory.mktemp("hub-home")
    app = start_app(options, HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="0", HF_HOME=str(home))
    app.home = home
    return app


def run(client, **values):
    """The statuses of a call and its last outputs."""
    job = client.submit(**{"prompt": "a red boat", **SMALL, **values}, api_name=EVENT)
    job.result(120)
    outputs = job.outputs()
    return [status for _, _, status in outputs], outputs[-1]


@pytest.fixture(scope="module")
def first(app):
    return run(app.client())


def test_a_hub_model_is_downloaded_and_makes_pictures(first, hub):
    statuses, (preview, gallery, status) = first
    assert any("Downloading tiny/model: " in each and " MB" in each for each in statuses)
    assert any(each.startswith("Picture 1 of 1, step 2 of 3, about") for each in statuses)
    assert status.startswith("Picture 1 of 1 is done") and "seed 7" in status
    (entry,) = gallery
    settings = read_settings(Path(entry["image"]).read_bytes())
    assert (settings["model"], settings["seed"]) == ("tiny/model", "7")
    assert Image.open(preview).size == (64, 64)


def test_neither_pickles_nor_code_nor_twice_the_weights_are_downloaded(first, hub):
    fetched = {path.split("/resolve/main/")[1] for path in hub.asked if "/model/resolve/" in path}
    assert "unet/diffusion_pytorch_model.fp16.safetensors" in fetched
    assert "unet/diffusion_pytorch_model.safetensors" not in fetched
    assert not [path for path in fetched if path.endswith((".bin", ".py", ".ckpt"))]


def test_the_same_again_asks_the_hub_for_nothing_and_gives_the_same_picture(app, hub, first):
    asked = len(hub.asked)
    _, (_, gallery, _) = run(app.client())
    assert len(hub.asked) == asked

    def pixels(entry):
        return np.asarray(Image.open(entry["image"]))

    assert np.array_equal(pixels(gallery[0]), pixels(first[1][1][0]))


def test_a_lora_of_the_hub_is_used(app, first):
    statuses, (_, gallery, _) = run(app.client(), lora="tiny/lora", count=2)
    assert any("Downloading tiny/lora" in each or "hub for tiny/lora" in each for each in statuses)
    settings = read_settings(Path(gallery[1]["image"]).read_bytes())
    assert (settings["lora"], settings["seed"]) == ("tiny/lora", "8")


def test_a_picture_may_be_given(app, tmp_path):
    Image.new("RGB", (90, 70), "teal").save(tmp_path / "photo.jpg")
    _, (_, gallery, _) = run(
        app.client(), picture=handle_file(tmp_path / "photo.jpg"), strength=0.7
    )
    assert read_settings(Path(gallery[0]["image"]).read_bytes())["strength"] == "0.7"


def test_a_blocked_picture_is_told_and_not_shown(app, models):
    _, (preview, gallery, status) = run(app.client(), model=str(models["blocking"]))
    assert "held back" in status and not gallery and preview is None


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"prompt": " "}, "describe the picture"),
        ({"width": 100}, "multiple of 8"),
        ({"model": "/etc"}, "OWNER/NAME"),
        ({"model": "tiny/gone"}, "no public model tiny/gone"),
        ({"model": "tiny/plain"}, "no text-to-image model"),
        ({"scheduler": "Magic"}, "."),
    ],
)
def test_a_mistake_is_answered_with_a_sentence(app, values, sentence):
    with pytest.raises(Exception, match=sentence) as caught:
        run(app.client(), **values)
    assert "Traceback" not in str(caught.value) and "went wrong" not in str(caught.value)


def stop_when(app, seen, **values):
    """Stop a call once ``seen(job)``; the worker must have heard it by itself."""
    stopped = app.log.count("generate: cancelled")
    job = app.client().submit(**{"prompt": "a boat", **SMALL, **values}, api_name=EVENT)
    deadline = time.monotonic() + 60
    while not seen(job):
        assert time.monotonic() < deadline and not job.done()
        time.sleep(0.02)
    job.cancel()
    while app.log.count("generate: cancelled") == stopped:
        assert time.monotonic() < deadline, app.log
        time.sleep(0.02)
    assert "interrupting" not in app.log and "ending its worker" not in app.log


def test_a_call_is_stopped_in_mid_run_and_the_worker_is_kept(app, first):
    stop_when(
        app,
        lambda job: any("step 2 " in status for _, _, status in job.outputs()),
        steps=50,
        count=4,
        width=256,
        height=256,
    )
    assert run(app.client())[1][2].startswith("Picture 1 of 1 is done")


def test_a_download_is_stopped_too(app, hub, first):
    stop_when(
        app,
        lambda job: any("Downloading tiny/slow: 1 of" in text for _, _, text in job.outputs()),
        model="tiny/slow",
    )
    assert run(app.client())[1][2].startswith("Picture 1 of 1 is done")


def test_offline_what_is_here_works_and_what_is_not_is_told(start_app, app, first):
    options = {"default_model": "tiny/model", "models": ["tiny/elsewhere"]}
    offline = start_app(
        options, "--offline", HF_HOME=str(app.home), HF_ENDPOINT="http://127.0.0.1:9"
    )
    client = offline.client()
    assert run(client)[1][2].startswith("Picture 1 of 1 is done")
    with pytest.raises(Exception, match=r"tiny/elsewhere is not on this machine, .*offline"):
        run(client, model="tiny/elsewhere")


def test_a_hub_that_cannot_be_reached_is_told(app, hub, first):
    hub.stop()
    with pytest.raises(Exception, match="the hub cannot be reached"):
        run(app.client(), model="tiny/another")
