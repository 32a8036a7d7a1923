"""The face gallery: people, their pictures' encodings, and whom a new encoding is nearest to.

Importing this imports neither a database library nor a framework; opening a Gallery imports what
its address needs.
"""

from plugins.face.gallery.archive import is_export
from plugins.face.gallery.gallery import Gallery
from plugins.face.gallery.names import clean_name, folded
from plugins.face.gallery.people import Enrolled, Match, Person

__all__ = ["Enrolled", "Gallery", "Match", "Person", "clean_name", "folded", "is_export"]
