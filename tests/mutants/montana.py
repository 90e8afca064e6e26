"""Mutants of a Montana node's directory, replayed with the tables of an earlier copy of it.

What a replay makes of a change: docs/systems/montana.md.
"""
import os
import shutil
import tarfile
from pathlib import Path

from expect import Expect, flipped, named, unchanged
from montana_chain import HEADER, HEADER_BYTES, SIGNATURE_BYTES, Chain, end_of, root_of_one, tagged

BEFORE, AT = "before", "node"  # an earlier copy of the directory, where there is one, and the directory


def begin_of(home):
    """The directory whose tables a replay begins with."""
    return home / BEFORE if (home / BEFORE).exists() else home / AT


class Node:
    def __init__(self, path):
        self.chain = Chain(path / AT)
        self.begin = begin_of(path)
        self.tables_at = int.from_bytes((self.begin / "meta_last_cemented.bin").read_bytes(), "little")
        self.first, self.last = self.tables_at + 1, max(self.chain.windows)
        # Whether the window before the tables vouches for D.
        self.clock_proven = self.tables_at - 1 in Chain(self.begin).windows
        self.alone = self.begin == self.chain.path

    def replayed(self):
        return list(range(self.first, self.last + 1))


MISSING = "no recording"
UNJUDGED = Expect("unjudged")

# What a flipped bit of the last window, to which no link leads, comes to where it is not damage.
UNLINKED = {"reveals_root", "winner_endpoint", "proposer", "target", "fallback_depth"}


def flipped_header(field, node, random):
    window = random.choice(node.replayed())
    data = node.chain.windows[window]
    data[:] = flipped(data, random, HEADER[field], end_of(field))
    clean = field == "signature" or (field in UNLINKED and window == node.last)
    return Expect("clean") if clean else UNJUDGED, f"window {window}"


def flipped_bundle(which, field, node, random):
    """The first list is under bundles_root; of the second one only the t_r is vouched for."""
    windows = [each for each in node.replayed() if node.chain.lists(each)[which][1]]
    window = random.choice(windows)
    bundle = node.chain.lists(window)[which][1][0]
    begin, end = bundle.fields[field]
    data = node.chain.windows[window]
    data[:] = flipped(data, random, begin, end)  # without a reveal there is no place
    unseen = field == "signature" or (which == 1 and field in ("node_id", "window", "reveals"))
    return Expect("clean") if unseen else UNJUDGED, f"window {window}"


def flipped_count(which, node, random):
    window = random.choice(node.replayed())
    at = node.chain.lists(window)[which][0]
    data = node.chain.windows[window]
    data[:] = flipped(data, random, at, at + 2)
    return UNJUDGED, f"window {window}"


# What a changed field comes to when every hash is repaired.
REPAIRED = {"node_root": "node_root", "account_root": "account_root", "t_r": "t_r", "candidate_root": None,
            "version": None, "control_root": None, "winner_id": None, "reveals_root": "", "winner_endpoint": "",
            "proposer": "", "target": "", "fallback_depth": "", "signature": ""}


def repaired_header(field, node, random):
    window = random.choice(node.replayed())
    data = node.chain.windows[window]
    data[:] = flipped(data, random, HEADER[field], end_of(field))
    node.chain.repair(window)
    found = REPAIRED[field]
    if found == "":
        return Expect("clean"), f"window {window}"
    if found is None or (found == "t_r" and window == node.first and not node.clock_proven):
        return UNJUDGED, f"window {window}"
    return Expect("diverged", window, [found]), f"window {window}"


def lost_confirmation(node, random):
    windows = [each for each in node.replayed() if node.chain.confirming(each)]
    window = random.choice(windows)
    (bundle,), data = node.chain.confirming(window), node.chain.windows[window]
    del data[bundle.begin:bundle.end]
    data[HEADER_BYTES:HEADER_BYTES + 2] = bytes(2)
    node.chain.repair(window)
    return Expect("diverged", window, ["node_root"]), f"window {window}"


def doubled_confirmation(node, random):
    windows = [each for each in node.replayed() if node.chain.confirming(each)]
    window = random.choice(windows)
    (bundle,), data = node.chain.confirming(window), node.chain.windows[window]
    data[bundle.end:bundle.end] = data[bundle.begin:bundle.end]
    data[HEADER_BYTES:HEADER_BYTES + 2] = b"\2\0"
    return UNJUDGED, f"window {window}"


def lost_window(place, node, random):
    chain = node.chain
    if place == "first":
        del chain.windows[node.first]
        return UNJUDGED, f"window {node.first}"
    if place == "last":
        # A node that is killed leaves the counters of a window without it; what was copied later has none.
        del chain.windows[node.last]
        return Expect("clean", uncovered=[] if node.alone else [node.last]), f"window {node.last}"
    window = random.choice(node.replayed()[1:-1])
    del chain.windows[window]
    return UNJUDGED, f"window {window}"


def lost_header_window(node, random):
    """The window of the tables: without it they are proven in the other directory only."""
    node.chain.windows.pop(node.tables_at)
    return UNJUDGED if node.alone else Expect("clean"), f"window {node.tables_at}"


def swapped_windows(node, random):
    a, b = random.sample(node.replayed(), 2)
    windows = node.chain.windows
    windows[a], windows[b] = windows[b], windows[a]
    return UNJUDGED, f"windows {a} and {b}"


def doubled_window(node, random):
    window = random.choice(node.replayed())
    node.chain.windows[node.last + 1] = bytearray(node.chain.windows[window])
    return UNJUDGED, f"window {window}"


def other_window(node, random):
    """Over another one: one is lost, one is there twice."""
    a, b = random.sample(node.replayed(), 2)
    node.chain.windows[a] = bytearray(node.chain.windows[b])
    return UNJUDGED, f"window {b} over {a}"


def cut_window(node, random):
    window = random.choice(node.replayed())
    data = node.chain.windows[window]
    (first, confirming), (second, own) = node.chain.lists(window)
    places = [0, 1, *HEADER.values(), HEADER_BYTES, first + 2, second, second + 2, len(data) - 1]
    for bundle in confirming + own:
        places += [at for pair in bundle.fields.values() for at in pair]
    places += [random.randrange(len(data)) for _ in range(8)]
    end = random.choice([each for each in places if each < len(data)])
    del data[end:]
    return UNJUDGED, f"window {window} at byte {end}"


def longer_window(node, random):
    window = random.choice(node.replayed())
    node.chain.windows[window] += bytes(random.choice([1, 2, 32, SIGNATURE_BYTES]))
    return UNJUDGED, f"window {window}"


def change_file(node, name, change, directory=None):
    file = (directory or node.begin) / name
    file.write_bytes(change(file.read_bytes()))


def flipped_table(name, node, random):
    change_file(node, name, lambda data: flipped(data, random))
    return UNJUDGED, name


RECORD_BYTES = {"accounts.bin": 2059, "nodes.bin": 2098, "candidates.bin": 2082}


def changed_table(how, name, node, random):
    size = RECORD_BYTES[name]
    change_file(node, name, {
        "cut": lambda data: data[:random.randrange(len(data))],
        "lost": lambda data: data[size:],
        "doubled": lambda data: data + data[-size:],
        "another": lambda data: data + random.randbytes(size)}[how])
    return UNJUDGED, name


def richer_account(node, random):
    """A balance that was changed, with it every hash up to the first window that is replayed."""
    at = 32 + random.randrange(8)
    change_file(node, "accounts.bin", lambda data: flipped(data, random, at, at + 1))
    record = (node.begin / "accounts.bin").read_bytes()
    root = root_of_one(record[:32], tagged("mt-merkle-leaf", record))[0]
    for chain in [node.chain] if node.alone else [Chain(node.begin), node.chain]:
        if node.tables_at not in chain.windows:
            continue
        chain.put(node.tables_at, "account_root", root)
        chain.repair(node.tables_at)
        chain.write()
    return Expect("diverged", node.first, ["account_root"]), "an account"


# What of meta/ a replay begins with. The version of each file stands behind its magic; of a clock the target is not
# used, and t_r and D have a hash to be held against only where the window before the tables is held.
META = {"current_window_magic": ("meta/current_window.bin", 0, 4, "unjudged"),
        "current_window_version": ("meta/current_window.bin", 4, 5, "unjudged"),
        "current_window": ("meta/current_window.bin", 8, 16, "unjudged"),
        "clock_magic": ("meta/timechain.bin", 0, 4, "unjudged"),
        "clock_version": ("meta/timechain.bin", 4, 5, "unjudged"),
        "clock_value": ("meta/timechain.bin", 8, 40, "unjudged"),
        "clock_window": ("meta/timechain.bin", 48, 56, "unjudged"),
        "clock_target": ("meta/timechain.bin", 56, 72, "clean"),
        "last_cemented": ("meta_last_cemented.bin", 0, 8, "unjudged")}


def flipped_clock_hashes(node, random):
    """A bit that leaves a D to be tried, or makes one that no node has; those between take hours."""
    bit = random.choice([*range(24), *range(40, 64)])
    change_file(node, "meta/timechain.bin", lambda data: data[:40] + (
        int.from_bytes(data[40:48], "little") ^ 1 << bit).to_bytes(8, "little") + data[48:])
    return UNJUDGED, f"bit {bit}"


def flipped_meta(what, node, random):
    name, begin, end, expected = META[what]
    change_file(node, name, lambda data: flipped(data, random, begin, end))
    return Expect(expected), name


def unused(name, node, random):
    """Tables and counters of the directory itself, where another one's are taken."""
    if node.alone:
        raise ValueError("it begins with them")
    change_file(node, name, lambda data: flipped(data, random) if data else b"x", node.chain.path)
    return Expect("clean"), name


def cut_meta(name, node, random):
    change_file(node, name, lambda data: data[:random.randrange(1, len(data))])
    return UNJUDGED, name


KINDS = ([named("flipped_" + each, flipped_header, each) for each in HEADER] +
         [named("repaired_" + each, repaired_header, each) for each in REPAIRED] +
         [named(f"flipped_{name}_bundle_{field}", flipped_bundle, which, field)
          for which, name in ((0, "confirming"), (1, "own"))
          for field in ("node_id", "endpoint", "window", "operations", "reveal_count", "reveals", "signature")] +
         [named(f"flipped_{name}_count", flipped_count, which) for which, name in ((0, "confirming"), (1, "own"))] +
         [named(f"lost_{place}_window", lost_window, place) for place in ("first", "inner", "last")] +
         [lost_confirmation, doubled_confirmation, lost_header_window, swapped_windows, doubled_window, other_window,
          cut_window, longer_window, richer_account, flipped_clock_hashes] +
         [named("flipped_" + name, flipped_table, name) for name in ("accounts.bin", "nodes.bin")] +
         [named(f"{how}_{name}", changed_table, how, name)
          for how in ("cut", "lost", "doubled") for name in ("accounts.bin", "nodes.bin")] +
         [named("another_" + name, changed_table, "another", name) for name in RECORD_BYTES] +
         [named("flipped_" + each, flipped_meta, each) for each in META] +
         [named("unused_" + Path(name).name, unused, name) for name in (*RECORD_BYTES, "meta/timechain.bin")] +
         [named("cut_" + Path(name).name, cut_meta, name) for name in sorted({each[0] for each in META.values()})])


def unpack(archive, place):
    with tarfile.open(archive) as tar:
        tar.extractall(place)


def homes(scratch, options):
    """Directories with an earlier copy beside them: ours, and those that are not in the repository."""
    recorded = options.repository / "tests/support/snapshot/montana_recorded"
    for name in ("epoch", "stopped"):
        home = scratch / name
        unpack(recorded / f"{name}.tar.xz", home)
        unpack(recorded / f"{name}-before.tar.xz", home)
        os.rename(home / name, home / AT)
        os.rename(home / f"{name}-before", home / BEFORE)
        yield home
    # And in one: the windows, and the tables of the first of them.
    home = scratch / "one-directory"
    shutil.copytree(scratch / "epoch" / BEFORE, home / AT)
    shutil.copytree(scratch / "epoch" / AT / "proposals", home / AT / "proposals", dirs_exist_ok=True)
    yield home
    longer = options.shared / "montana/solo20-uninterrupted"
    if not longer.exists():
        print(f"skipped: montana: no {longer}")
        return
    home = scratch / longer.name
    shutil.copytree(longer, home / AT)
    shutil.copytree(longer.parent / "snapshot-at-10", home / BEFORE)
    make_writable(home)
    yield home


def make_writable(home):
    for path in [home, *home.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)


def command(home):
    other = [] if begin_of(home) == home / AT else ["--checkpoint", home / BEFORE]
    return ["replay", home / AT, *other]


# For the other forms of one history, and its other beginnings.
FORMS = [unchanged, named("repaired_account_root", repaired_header, "account_root"), lost_confirmation]
BEGINNINGS = [["--reload-after", "every:2"], ["--verify-clock", "none"]]


def mutate(home, copy, kind, random):
    """Makes a mutant; gives what to ask, what is to be said, and words for people."""
    shutil.copytree(home, copy)
    node = Node(copy)
    expected, words = kind(node, random)
    node.chain.write()
    return command(copy), expected, f"montana: {kind.__name__}, {words} of {home.name}"
