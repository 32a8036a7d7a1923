"""``python -m host`` is the ``triptych`` command."""

import sys

from host.cli import main

sys.exit(main())
