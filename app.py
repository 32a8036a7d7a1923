"""Serve Triptych: settings -> Host -> page. ``python app.py --help`` lists the flags."""

import gc
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

# Before Gradio is imported: the app contacts nobody unless told to, and visitors' files lie in a
# folder of this process that goes when it ends.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
UPLOADS = tempfile.TemporaryDirectory(prefix="triptych-")
os.environ["GRADIO_TEMP_DIR"] = UPLOADS.name

# Everything imported and built until the page is served stays for good: searching it for garbage
# again and again would cost a tenth of the start.
gc.disable()

import gradio as gr

from host.caller import configure_logging
from host.cli import settings_from
from host.devices import DeviceError
from host.host import Host
from host.plugins import PluginError
from host.ui.page import build_page

CSS = Path(__file__).parent / "assets" / "triptych.css"
# System fonts: the themes' default would fetch them from a font service.
THREADS = 200  # a call that waits for a worker holds one
THEME = gr.themes.Soft(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])


def main() -> None:
    settings = settings_from()
    configure_logging(settings.log_level)
    try:
        host = Host(settings)
        page = build_page(host).queue(max_size=settings.queue_size, api_open=False)
    except (DeviceError, PluginError) as error:
        sys.exit(f"triptych: {error}")
    try:
        _, url, _ = page.launch(
            server_name=settings.host,
            server_port=settings.port or None,
            prevent_thread_lock=True,
            max_threads=THREADS,
            max_file_size=int(settings.max_upload_mb * 1e6),
            theme=THEME,
            css_paths=CSS,
            run_history=False,  # it would keep visitors' faces in their browsers
            show_error=True,
            ssr_mode=False,
            quiet=True,
            share=False,
        )
    except OSError as error:
        sys.exit(f"triptych: {settings.host}:{settings.port} cannot be served: {error}")
    gc.freeze()
    gc.enable()
    print(f"{settings.title} is at {url}", flush=True)
    try:
        host.warm_up(delay=1.0)  # the first page comes first
        finished = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: finished.set())
        finished.wait()
        page.close()
    finally:
        host.stop()


if __name__ == "__main__":
    main()
