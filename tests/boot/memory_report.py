"""What `share -j` says of every frame."""

import json
import re


LOOKS_MAX = 20


def parse(output):
    return json.loads(re.search(r"^\{.*\}$", output, re.MULTILINE | re.DOTALL)[0])


def share(console):
    output, status = console.run("share -j")
    assert status == 0, output
    return parse(output)


def mappings(console, pid):
    """{address: (resident, shared, private, PSS)} of what `maps` says of a task, and the same of its last line."""
    output, status = console.run(f"maps {pid}")
    assert status == 0, output
    numbers = r" +(\d+) +(\d+) +(\d+) +(\d+\.\d\d)"
    rows = {int(row[0], 16): (*map(int, row[1:4]), float(row[4]))
            for row in re.findall(r"^([0-9a-f]+)-[0-9a-f]+ [-rwxsp]{4} [0-9a-f]+" + numbers + r"(?:  .*)?$", output,
                                  re.MULTILINE)}
    assert len(rows) == output.count("\n") - 2, output
    last = re.search(r"^together" + numbers + "$", output, re.MULTILINE)
    return rows, (*map(int, last.groups()[:3]), float(last[4]))


def unaccounted(report):
    """Frames of the RAM that the report's parts leave out; below 0, counted twice."""
    parts = ("firmware_frames", "supervisor_frames", "object_frames", "free_frames")
    counted = sum(report[part] for part in parts) + sum(task["pss_frames"] for task in report["tasks"])
    return report["ram_frames"] - counted


def free_now(console):
    report = share(console)
    return report["free_frames"] + report["descriptor_frames"]


def free_frames(console):
    """
    Frames that are free but for the descriptors: those grow the first time that so many frames are in use, and stay.
    What was ended may still be giving back its memory on another hart: the number is looked at until it stays.
    """
    last, free = None, free_now(console)
    for _ in range(LOOKS_MAX):
        if free == last:
            break
        last, free = free, free_now(console)
    return free
