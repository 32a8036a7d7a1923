"""Who gets in, and who may do what only the operator may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from host.access.errors import AccessError
from host.settings import Settings

if TYPE_CHECKING:
    from starlette.middleware import Middleware

__all__ = ["AccessError", "is_open", "login", "middleware", "sign_out_button"]


def login(settings: Settings) -> dict[str, Any]:
    """For ``launch()``: nothing, the users of a file, or Hugging Face's.

    Raises AccessError for a file that cannot be used, or where OAuth is not set up.
    """
    if settings.users is not None and settings.oauth:
        raise AccessError("Choose one of the settings users and oauth: there is one way in.")
    if settings.users is not None:
        from host.access import passwords

        return passwords.login(settings.users)
    if settings.oauth:
        from host.access import huggingface

        return huggingface.login()
    return {}


def middleware(settings: Settings) -> list[Middleware]:
    """What stops every request of who has not signed in; nothing where nobody has to."""
    from starlette.middleware import Middleware

    if settings.users is not None:
        from host.access.passwords import PasswordGate

        return [Middleware(PasswordGate, path=settings.users, title=settings.title)]
    if settings.oauth:
        from host.access.huggingface import HuggingFaceGate

        return [Middleware(HuggingFaceGate, title=settings.title)]
    return []


def is_open(settings: Settings) -> bool:
    """Whether nobody has to sign in."""
    return settings.users is None and not settings.oauth


def sign_out_button(settings: Settings) -> None:
    """On the page that is being built, where there is a login."""
    if is_open(settings):
        return
    import gradio as gr

    if settings.oauth:
        from host.access.huggingface import SignOut

        SignOut("Sign out", link="logout?_target_url=/signed-out", size="sm", elem_id="sign-out")
    else:
        gr.Button("Sign out", link="logout", size="sm", elem_id="sign-out")
