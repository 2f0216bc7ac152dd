# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""count.py REPORT: prints passed and failed of a JUnit report. Skipped tests count as neither."""
import sys
import xml.etree.ElementTree as tree


def main(path):
    passed = failed = 0
    for case in tree.parse(path).iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"} or case.get("status") == "fail":
            failed += 1
        elif "skipped" not in kinds and case.get("status", "run") == "run":
            passed += 1
    if passed + failed == 0:
        failed = 1
    print(passed, failed)


main(sys.argv[1])
