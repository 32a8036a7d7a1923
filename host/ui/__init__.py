"""What a plugin's tab may use of the host's page. Imports Gradio; a backend must not."""

from host.executors.call import CallCancelled, WorkerError
from host.ui.components import ImageInput, NoStub, download_bar
from host.ui.drawing import Drawing
from host.ui.examples import put_examples
from host.ui.only_operator import only_operator

__all__ = [
    "CallCancelled",
    "Drawing",
    "ImageInput",
    "NoStub",
    "WorkerError",
    "download_bar",
    "only_operator",
    "put_examples",
]
