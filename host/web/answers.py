"""How the app refuses a request: a status and one sentence."""

from __future__ import annotations

from starlette.formparsers import MultiPartException
from starlette.responses import JSONResponse, PlainTextResponse, Response


class Refusal(MultiPartException):
    """A request that is not passed on, or not to its end; a sentence for whoever sent it.

    It is a MultiPartException because that is what Gradio's reader of uploads cleans up after.

    status: of HTTP. retry_after: seconds after which it is worth trying again, or None.
    """

    def __init__(self, status: int, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.retry_after = None if retry_after is None else max(1, round(retry_after))


def answer(refusal: Refusal, plain: bool = False) -> Response:
    """``{"detail": sentence}``, which the page and API clients show; plain: the sentence alone."""
    wait = refusal.retry_after
    headers = {} if wait is None else {"Retry-After": str(wait)}
    if plain:
        return PlainTextResponse(refusal.message, refusal.status, headers)
    return JSONResponse({"detail": refusal.message}, refusal.status, headers)


def in_words(seconds: float) -> str:
    """ "in 40 seconds", "in 12 minutes"."""
    if seconds < 90:
        return f"in {max(1, round(seconds))} seconds"
    return f"in {round(seconds / 60)} minutes"
