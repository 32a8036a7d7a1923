"""Recognise (1:K): enrol people from one picture, then ask who is in another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from host import UserError, images
from host.shipped import shipped
from host.ui import QUIET, ImageInput, give, offer_examples, only_operator
from plugins.face.gallery import is_export
from plugins.face.models import AUTO, BY_NAME, MODELS, named
from plugins.face.recognition.consent import CONSENT, changeable, need_consent, notice
from plugins.face.recognition.identification import identify
from plugins.face.recognition.view import SHOWN, facts_of, named_html, people_html, welcome_html
from plugins.face.recognition.visitors import VisitorGallery, shared_gallery
from plugins.face.recognition.zip_file import count, enrol_all

ASSETS = shipped("assets", "face")
DRAWN = (("Anna", "anna_1.jpg"), ("Bruno", "bruno_1.jpg"))
PROBES = ("anna_2.jpg", "group.jpg", "clara_2.jpg")
CANDIDATES = 5


def build(backend: Any, model: gr.Dropdown) -> gr.Slider:
    """Writes the sub-tab. Returns its threshold, which another model makes meaningless."""
    shared = backend.settings.get("gallery")
    gr.Markdown(
        "Enrol a person from **one picture** and they are known at once: nothing is trained, one "
        "encoding is stored and the nearest one wins. A face far from all of them is *nobody I "
        "know*."
    )
    gr.Markdown(notice(shared), elem_id="face-notice")
    gallery = gr.State(
        shared_gallery(shared) if shared else VisitorGallery(),
        delete_callback=VisitorGallery.leave,
    )
    with gr.Row():
        with gr.Column(scale=1):
            portrait = ImageInput(label="Picture of a person", height=240)
            name = gr.Textbox(label="Name", max_lines=1)
            enrol = gr.Button("Enrol", variant="primary")
            drawn = gr.Button("Enrol two drawn people, to try")
            archive = gr.File(
                label="Many people: a zip of folders, or an export",
                file_types=[".zip"],
                height=120,
            )
            agreed = gr.Checkbox(False, label=CONSENT, visible=bool(shared))
            with gr.Row():
                enrol_zip = gr.Button("Enrol the zip")
                stop = gr.Button("Stop")
        with gr.Column(scale=1):
            probe = ImageInput(label="Who is this? One face or a whole group", height=240)
            threshold = gr.Slider(
                0.0,
                max(each.furthest for each in MODELS),
                value=0.0,
                step=0.005,
                label="Known up to this distance",
                info="At 0 it is the model's own threshold.",
            )
            ask = gr.Button("Who is this?", variant="primary")
            offer_examples(
                [ASSETS / file for file in PROBES], probe, "Examples (the third was not enrolled)"
            )
    said = gr.HTML()
    answer = gr.HTML("The answer appears here.")
    people = gr.HTML(people_html([], 0, bool(shared)))
    with gr.Row(equal_height=True):
        # Free text as well: the list may be older than the gallery.
        person = gr.Dropdown([], label="Person", allow_custom_value=True, scale=2)
        new_name = gr.Textbox(label="New name", max_lines=1, scale=2)
        rename = gr.Button("Rename")
        delete = gr.Button("Delete")
        clear = gr.Button("Delete everybody", variant="stop")
        export = gr.Button("Export")
        exported = gr.DownloadButton("Download", visible=False)
    token = gr.Textbox(
        "",
        label="Operator token",
        info="To export, to delete everybody, and to change people whom others enrolled.",
        type="password",
        max_lines=1,
        visible=bool(shared),
    )
    facts = gr.JSON(label="Facts", visible=False)  # for programs

    def shown(mine: VisitorGallery, text: str) -> tuple[Any, ...]:
        """What every change of the gallery ends with."""
        kept = mine.open()
        known = kept.people(SHOWN)
        choices = [each.name for each in known]
        return (
            f'<div role="status">{text}</div>',
            people_html(known, len(kept), bool(shared)),
            gr.Dropdown(choices=choices, value=choices[0] if choices else None),
            mine,
        )

    changed = [said, people, person, gallery]

    def face_enrol(
        portrait: np.ndarray | None,
        name: str,
        model: str = AUTO,
        mine: Any = None,
        consent: bool = False,
    ) -> tuple[Any, ...]:
        """Makes a person known from one picture, at once and without training.

        A name that is known already gets one more picture.

        Args:
            portrait: a picture of the person; of several faces, the biggest near the middle.
            name: what to call them.
            model: "facenet-512", "facenet-128", "offline" or "auto".
            consent: whether the person agrees to be remembered; must be true where the gallery
                is shared and kept.
        """
        began = time.perf_counter()
        need_consent(shared, consent)
        if portrait is None:
            raise UserError("Please add a picture of the person.")
        kept = mine.open()
        (described,) = backend.describe([portrait], named(model))
        if not described.faces:
            raise UserError(
                "No face was found: use a picture where it is upright, well lit and not too small."
            )
        face = described.faces[described.chosen]
        enrolled = kept.enrol(name, face.encoding[None], described.model, [face.portrait])
        mine.added(enrolled)
        took = time.perf_counter() - began
        return shown(mine, welcome_html(enrolled.person, enrolled.new, took, described.notes))

    enrol.click(
        face_enrol, [portrait, name, model, gallery, agreed], changed, api_name="face_enrol"
    )

    def enrol_drawn(model: str, mine: VisitorGallery) -> tuple[Any, ...]:
        result: tuple[Any, ...] = ()
        for who, file in DRAWN:
            result = face_enrol(images.load(ASSETS / file), who, model, mine, consent=True)
        return result

    drawn.click(enrol_drawn, [model, gallery], changed, api_visibility="private")

    def face_enrol_zip(
        archive: str | None,
        model: str = AUTO,
        mine: Any = None,
        consent: bool = False,
        token: str = "",
    ) -> Iterator[tuple[Any, ...]]:
        """Makes many people known: a zip with a folder for each person, or an exported gallery.

        Args:
            archive: the zip file.
            model: as in face_enrol.
            consent: as in face_enrol, for everybody in it.
            token: the operator token, to import an export where the gallery is shared.
        """
        need_consent(shared, consent)
        if archive is None:
            raise UserError("Please add a zip file.")
        data = Path(archive).read_bytes()
        kept = mine.open()
        if is_export(data):
            if shared:
                only_operator(token)
            loaded = kept.load(data)
            yield shown(mine, f"{count(len(loaded), 'person', 'people')} imported.")
            return
        yield from enrol_all(backend, mine, data, named(model), lambda text: shown(mine, text))

    enrol_zip.click(
        face_enrol_zip,
        [archive, model, gallery, agreed, token],
        changed,
        api_name="face_enrol_zip",
    )
    stop.click(lambda: backend.cancel("people"), None, None, queue=False, **QUIET)

    def face_identify(
        probe: np.ndarray | None, threshold: float = 0.0, model: str = AUTO, mine: Any = None
    ) -> tuple[str, Any]:
        """Names every face in a picture, or says that it is nobody known.

        Args:
            probe: a picture with one face or more.
            threshold: a face further than this from everybody is nobody known; 0 for the
                model's own.
            model: as in face_enrol; only people enrolled with the same model can be found.

        Returns:
            The picture with every face named, as HTML; and the facts: for each face its box, the
            name or null, and the nearest people with their distances.
        """
        if probe is None:
            raise UserError("Please add a picture to ask about.")
        kept = mine.open()
        if not len(kept):
            raise UserError("Nobody is known yet: enrol somebody first.")
        (described,) = backend.describe([probe], named(model))
        if not described.faces:
            raise UserError("No face was found in this picture.")
        info = BY_NAME[described.model]
        limit = info.limit(threshold or None)
        total, searched = len(kept), kept.known_to(info.name)
        if not searched:
            raise UserError(
                f"Nobody was enrolled with {info.title}: choose the model they were enrolled "
                "with, or enrol them again."
            )
        note = f"Answered by {info.title}."
        if searched < total:
            note += (
                f" {total - searched:,} of {total:,} people were enrolled with another model and "
                "were not compared."
            )
        answers = identify(described, kept, CANDIDATES, limit)
        return named_html(described.image, answers, limit, note), facts_of(answers)

    ask.click(
        face_identify, [probe, threshold, model, gallery], [answer, facts], api_name="face_identify"
    )

    def face_rename(
        person: str | None, new_name: str, mine: Any = None, token: str = ""
    ) -> tuple[Any, ...]:
        """Gives a known person another name.

        Args:
            person: the name so far.
            new_name: the new one; nobody else may have it.
            token: the operator token, for somebody whom others enrolled in a shared gallery.
        """
        number = changeable(mine, person, token)
        renamed = mine.open().rename(number, new_name)
        return shown(mine, f"{escape(str(person))} is now <b>{escape(renamed.name)}</b>.")

    rename.click(face_rename, [person, new_name, gallery, token], changed, api_name="face_rename")

    def face_delete(person: str | None, mine: Any = None, token: str = "") -> tuple[Any, ...]:
        """Forgets a person: pictures, encodings and name.

        Args:
            person: the name.
            token: as in face_rename.
        """
        number = changeable(mine, person, token)
        mine.open().delete(number)
        return shown(mine, f"{escape(str(person))} is forgotten.")

    delete.click(face_delete, [person, gallery, token], changed, api_name="face_delete")

    def forget_everybody(mine: VisitorGallery, token: str = "") -> tuple[Any, ...]:
        if shared:
            only_operator(token)
        backend.cancel("people", "describe")  # on their way, they would go on enrolling
        mine.open().clear()
        return shown(mine, "Everybody is forgotten.")

    clear.click(forget_everybody, [gallery, token], changed, api_visibility="private")

    def face_export(mine: Any = None, token: str = "") -> Any:
        """The whole gallery as a zip file, which face_enrol_zip reads again.

        Args:
            token: the operator token, where the gallery is shared.
        """
        if shared:
            only_operator(token)
        kept = mine.open()
        if not len(kept):
            raise UserError("There is nobody to export yet.")
        file = give(exported, kept.export(), "gallery.zip")
        return gr.DownloadButton(value=file, visible=True)

    export.click(face_export, [gallery, token], exported, api_name="face_export")

    # A shared gallery has people before this visitor does anything.
    if shared:
        gr.on(None, lambda mine: shown(mine, ""), gallery, changed, api_visibility="private")
    return threshold
