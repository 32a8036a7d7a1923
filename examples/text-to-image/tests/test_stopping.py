"""Stop: within a step, at any time, and the model is usable afterwards."""

import time

import numpy as np
import torch
from test_pictures import SMALL, picture_of
from triptych_text_to_image.request import Request
from triptych_text_to_image.results import Step


def test_stopping_in_mid_run_ends_within_a_step(backend):
    plain = picture_of(backend)
    steps_done = []

    def count(module, *_):
        if type(module).__name__ == "UNet2DConditionModel":
            steps_done.append(1)

    # counted where they happen, not where they are told
    counting = torch.nn.modules.module.register_module_forward_hook(count)
    try:
        run = backend.generate(Request("a red boat", **{**SMALL, "steps": 50}))
        for news in run:
            if isinstance(news, Step) and news.step == 3:
                break
        before = len(steps_done)
        run.close()
        after = len(steps_done)
        time.sleep(0.3)
        assert len(steps_done) == after, "it goes on in the background"
        assert after < 50 and after - before <= 1
    finally:
        counting.remove()
    assert np.array_equal(picture_of(backend), plain)


def test_a_run_can_be_stopped_before_its_first_step(make_backend, models):
    backend = make_backend(models["first"])
    run = backend.generate(Request("a red boat", **SMALL))
    next(run)  # it loads
    run.close()
    assert picture_of(backend).any()
