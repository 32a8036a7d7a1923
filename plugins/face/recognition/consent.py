"""What visitors are told of their faces, what they agree to, and whom they may change."""

from __future__ import annotations

from host import UserError
from host.ui import only_operator
from plugins.face.recognition.visitors import VisitorGallery

CONSENT = "The people in these pictures agree to be remembered here"


def notice(shared: str | None) -> str:
    """What happens to faces, in two lines. shared: URL of the gallery that everybody uses."""
    if shared:
        kind = "PostgreSQL" if shared.startswith("postgres") else "SQLite"
        return (
            f"People enrolled here are kept by the operator in a {kind} database until they are "
            "deleted; everybody who opens this page sees them.<br>You can delete whom you "
            "enrolled as long as this page is open; after that, ask the operator."
        )
    return (
        "People enrolled here lie in the memory of this server, for you alone: nobody else sees "
        "them.<br>They, and the pictures you sent, are deleted when you leave this page."
    )


def need_consent(shared: str | None, consent: bool) -> None:
    """Raises UserError where the gallery is shared and nobody said that people agree."""
    if shared and consent is not True:
        raise UserError(
            f"Please tick “{CONSENT}” first: this gallery is shared and kept. "
            "(A program sends consent=True.)"
        )


def changeable(mine: VisitorGallery, name: str | None, token: str) -> int:
    """The id of somebody whom this visitor may rename and delete.

    Raises UserError when it is not so, or nobody is called that, perhaps no longer.
    """
    if not name:
        raise UserError("Please choose a person.")
    person = mine.open().find(name)
    if not mine.may_change(person):
        only_operator(token)
    return person
