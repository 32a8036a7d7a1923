"""Stands in for Hugging Face's package ``spaces``, which runs on a ZeroGPU Space only.

As there, a decorated generator runs in a fork of the web process, its arguments, its items and
nothing else cross, an error loses its text on the way, and a generator that is closed stops. What
happens is written to the file that SPACES_RECORD names, a line of JSON each.
"""

import inspect
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

import gradio as gr
from gradio.context import LocalContext

if "torch" in sys.modules:
    raise RuntimeError("spaces is to be imported before torch")

FORK = multiprocessing.get_context("fork")


def record(**what):
    with Path(os.environ["SPACES_RECORD"]).open("a") as file:
        file.write(json.dumps({"pid": os.getpid(), **what}) + "\n")


def GPU(task, *, duration):
    assert inspect.isgeneratorfunction(task)
    launched = gr.Blocks.launch is not LAUNCH
    record(decorated=task.__name__, duration=duration, launched=launched)

    def borrowing(*args, **kwargs):
        request = LocalContext.request.get(None)
        method = args[0]
        record(call=method, visitor=getattr(request, "session_hash", None))
        if Path(os.environ["SPACES_RECORD"]).with_name("none_left").exists():
            title, words = "ZeroGPU quota exceeded", "Your share of GPU time is used up."
            raise gr.Error(words, title=title, print_exception=False)
        ours, theirs = FORK.Pipe(duplex=False)
        fork = FORK.Process(target=_run, args=(theirs, task, args, kwargs), daemon=True)
        fork.start()
        theirs.close()
        try:
            while True:
                kind, value = ours.recv()
                if kind == "end":
                    return
                if kind == "error":
                    raise gr.Error(value, title="ZeroGPU worker error", print_exception=False)
                yield value
        finally:
            fork.kill()
            fork.join()
            record(ended=method)

    return borrowing


def _run(pipe, task, args, kwargs):
    try:
        for item in task(*args, **kwargs):
            pipe.send(("item", item))
        pipe.send(("end", None))
    except Exception as error:
        pipe.send(("error", type(error).__name__))
    time.sleep(60)  # as there, the fork waits for the next call


LAUNCH = gr.Blocks.launch
