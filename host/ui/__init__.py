"""What a plugin's tab may use of the host's page. Imports Gradio; a backend must not."""

from host.executors.call import WorkerError
from host.ui.components import ImageInput, NoStub, download_bar

__all__ = ["ImageInput", "NoStub", "WorkerError", "download_bar"]
