# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""`utarg bench` runs, measures all it names, and had an answer to all it asked. How fast it was is no matter here."""
import json
import os
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree

from harness import utarg as harness

MEASURED = (
    "ingest_over_copy ingest_over_copy_2000 ingest_over_insert_64 single_over_commit_p50 cpu_per_million "
    "duplicates_over_new fold_per_second session_bytes end_to_end_over_ingest freshness_p99_ms figure_read_ms rss_mb"
).split()
NOT_ASKED_FOR = ("growth_loss", "ingest_over_redis_64", "ingest_over_redis_1000", "ingest_over_rabbitmq_64")


def test_a_quick_run_measures_every_key_and_leaves_nothing_behind(tmp_path):
    place = tempfile.mkdtemp(prefix="utarg-", dir="/var/tmp")
    os.chmod(place, 0o711)
    offset, lock = harness.take_offset()
    picture = tmp_path / "bench.svg"
    try:
        done = subprocess.run(
            [harness.BIN / "utarg", "bench", "--quick", "--json", "--svg", picture, "--dir", place]
            + ["--port-offset", str(offset)],
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert os.listdir(place) == []
    finally:
        shutil.rmtree(place)
        lock.close()
    found = json.loads(done.stdout)
    for key in MEASURED:
        assert found[key] > 0, key
    for key in NOT_ASKED_FOR:
        assert found[key] is None, key
    assert set(found["goals"]) == {*MEASURED, *NOT_ASKED_FOR}
    assert found["answered"] >= found["requests"] > 0 and found["unanswered"] == 0
    raw = found["raw"]
    for name in ("ingest_1", "ingest_64_publishers", "ingest_1000", "ingest_2000", "ingest_20000", "duplicates_50"):
        assert 0 < raw[f"{name}_p50_us"]["median"] <= raw[f"{name}_p99_us"]["median"] <= raw[f"{name}_max_us"]["median"]
        assert raw[f"{name}_per_second"]["median"] > 0
    assert raw["freshness_unseen"]["median"] == 0
    assert found["settings"]["postgresql"]["fsync"] == "on"
    bars = xml.etree.ElementTree.parse(picture).getroot()
    assert bars.tag.endswith("svg") and len(bars) > len(MEASURED)
