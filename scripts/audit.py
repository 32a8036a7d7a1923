"""Are there known vulnerabilities in what is installed here? ``make audit``.

Asks the OSV database about every package of this environment. Exit code 0 when none is known, 1
when one is, 2 when the audit itself failed. Where the database cannot be reached nothing is known
either way: that is said, and no failure.
"""

from __future__ import annotations

import json
import subprocess
import sys

AUDIT = "-m pip_audit -s osv --skip-editable --progress-spinner off -f json --timeout 20".split()
UNREACHABLE = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "ConnectionTimeout")


def main(extra: list[str]) -> int:
    """extra: arguments for pip-audit, such as ``-r requirements.txt`` or ``--ignore-vuln ID``."""
    audit = subprocess.run([sys.executable, *AUDIT, *extra], capture_output=True, text=True)
    try:
        packages = json.loads(audit.stdout)["dependencies"]
    except (ValueError, KeyError):
        if any(word in audit.stderr for word in UNREACHABLE):
            print("NOT AUDITED: the database of vulnerabilities, OSV, cannot be reached.")
            return 0
        print(audit.stderr, file=sys.stderr)
        return 2
    found = [package for package in packages if package.get("vulns")]
    for package in found:
        for each in package["vulns"]:
            fixed = ", ".join(each["fix_versions"]) or "no version yet"
            print(f"{package['name']} {package['version']}: {each['id']}, fixed in {fixed}")
    skipped = [package["name"] for package in packages if package.get("skip_reason")]
    if skipped:
        print(f"Not known to the database: {', '.join(skipped)}.")
    print(f"{len(packages) - len(skipped)} packages audited, {len(found)} with vulnerabilities.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
