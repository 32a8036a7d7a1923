"""Serve Triptych, as ``triptych run`` does. ``python app.py --help`` lists the flags."""

import sys

from host.cli.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
