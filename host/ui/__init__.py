"""What a plugin's tab may use of the host's page. Imports Gradio; a backend must not."""

from host.executors.call import WorkerError
from host.ui.components import ImageInput, NoStub, download_bar
from host.ui.drawing import Drawing
from host.ui.only_operator import only_operator

__all__ = ["Drawing", "ImageInput", "NoStub", "WorkerError", "download_bar", "only_operator"]
