"""What a plugin's tab may use of the host's page. Imports Gradio; a backend must not."""

from host.executors.call import CallCancelled, WorkerError
from host.ui.components import QUIET, ImageInput, download_bar, give
from host.ui.drawing import Drawing
from host.ui.examples import PHOTO_CREDITS, offer_examples, photos, put_examples
from host.ui.only_operator import only_operator

__all__ = [
    "PHOTO_CREDITS",
    "QUIET",
    "CallCancelled",
    "Drawing",
    "ImageInput",
    "WorkerError",
    "download_bar",
    "give",
    "offer_examples",
    "only_operator",
    "photos",
    "put_examples",
]
