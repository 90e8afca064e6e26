"""Mutants of a Redis append-only directory that a real server wrote: docs/systems/redis.md.

Its commands have no hash. What vouches for them are the sizes and digests that were noted beside them, and the sum
at the end of the base.
"""
import shutil

from expect import Expect, flipped, named, unchanged
from redis_record import BASE, DIGESTS, LOG, MANIFEST, Log, record

MISSING = "no redis-server on PATH"
UNJUDGED = Expect("unjudged")
NAMES = (b"SELECT", b"MULTI", b"EXEC")


def plain(log):
    """Commands whose loss is another history that can be."""
    return [i for i, each in enumerate(log.commands) if each.texts[0] not in NAMES]


def flipped_value(log, random):
    step = random.choice([i for i in plain(log) if log.commands[i].texts[0] in (b"SET", b"RPUSH", b"HSET", b"SADD")])
    begin, end = log.commands[step].words[-1]
    log.put(flipped(log.data, random, begin, end))
    return Expect("diverged", log.digest_from(step), ["digest"]), f"command {step}"


def flipped_length(log, random):
    """Of the command or of a word: what it holds is another, or is no command."""
    step = random.randrange(len(log.commands))
    begin, end = random.choice(log.commands[step].lengths)
    log.put(flipped(log.data, random, begin, end))
    return UNJUDGED, f"command {step}"


def flipped_frame(log, random):
    """'*', '$' or a line end."""
    step = random.randrange(len(log.commands))
    begin, end = random.choice(log.commands[step].lengths)
    at = random.choice([begin - 1, end, end + 1])
    log.put(flipped(log.data, random, at, at + 1))
    return UNJUDGED, f"command {step}, byte {at}"


def flipped_word_end(log, random):
    step = random.randrange(len(log.commands))
    _, end = random.choice(log.commands[step].words)
    log.put(flipped(log.data, random, end, end + 2))
    return UNJUDGED, f"command {step}"


def flipped_name(log, random):
    """No command, or another one that is refused or comes to other data."""
    step = random.choice(plain(log))
    begin, end = log.commands[step].words[0]
    changed = flipped(log.data, random, begin, end)
    log.put(changed)
    same = changed[begin:end].upper() == log.commands[step].texts[0]
    return Expect("clean") if same else Expect("diverged", step, ["result"]), f"command {step}"


def lost_command(place, log, random):
    steps = plain(log)
    step = {"first": 0, "last": len(log.commands) - 1, "inner": random.choice(steps[1:-1])}[place]
    each = log.commands[step]
    log.put(log.data[:each.begin] + log.data[each.end:])
    return UNJUDGED, f"command {step}"


def lost_name(name, log, random):
    """Without one of its ends a transaction is none."""
    step = random.choice([i for i, each in enumerate(log.commands) if each.texts[0] == name][:-1])
    each = log.commands[step]
    log.put_moved(log.data[:each.begin] + log.data[each.end:], each.begin, each.begin - each.end)
    return UNJUDGED, f"command {step}"


def repaired_loss(log, random):
    """A command lost, and the sizes of the digests made right: another history, and the next digest tells."""
    step = random.choice([i for i in plain(log) if not log.in_transaction(i)])
    each = log.commands[step]
    log.put_moved(log.data[:each.begin] + log.data[each.end:], each.begin, each.begin - each.end)
    behind = log.digest_from(step)
    # What it left behind is missing, unless it was the last command before that digest.
    return Expect("diverged", behind - 1, ["digest"]), f"command {step}"


def swapped_commands(log, random):
    steps = plain(log)
    step = random.choice([i for i in steps if i + 1 in steps])
    a, b = log.commands[step], log.commands[step + 1]
    log.put(log.data[:a.begin] + log.data[b.begin:b.end] + log.data[a.begin:a.end] + log.data[b.end:])
    # A digest between them belongs to no command any more. No two that are neighbours here hang on each other.
    return UNJUDGED if log.digest_from(step) == step else Expect("clean"), f"commands {step} and {step + 1}"


def doubled_command(log, random):
    step = random.choice([i for i in plain(log) if not log.in_transaction(i)])
    each = log.commands[step]
    log.put(log.data[:each.end] + log.data[each.begin:each.end] + log.data[each.end:])
    return UNJUDGED, f"command {step}"


def repaired_doubling(log, random):
    steps = [i for i in plain(log) if log.commands[i].texts[0] in (b"RPUSH", b"INCRBY")]
    step = random.choice(steps)
    each = log.commands[step]
    log.put_moved(log.data[:each.end] + log.data[each.begin:each.end] + log.data[each.end:], each.begin,
                  each.end - each.begin)
    return Expect("diverged", log.digest_from(step) + 1, ["digest"]), f"command {step}"


def cut_log(where, log, random):
    """The sizes beside it tell that there was more."""
    if where == "between":
        at = random.choice([each.end for each in log.commands[1:-1]])
    else:
        step = random.randrange(1, len(log.commands))
        at = random.randrange(log.commands[step].begin + 1, log.commands[step].end)
    log.put(log.data[:at])
    return UNJUDGED, f"at byte {at}"


def cut_with_digests(log, random):
    """As a server leaves it that was killed: what is whole is its history."""
    step = random.randrange(5, len(log.commands))
    at = random.randrange(log.commands[step].begin + 1, log.commands[step].end)
    log.put(log.data[:at])
    log.put_digests([each for each in log.digests if each[0] <= at])
    return Expect("clean"), f"at byte {at}"


def flipped_digest(log, random):
    i = random.randrange(len(log.digests))
    size, digest = log.digests[i]
    at = random.randrange(40)
    other = random.choice([each for each in "0123456789abcdef" if each != digest[at]])
    log.put_digests(log.digests[:i] + [(size, digest[:at] + other + digest[at + 1:])] + log.digests[i + 1:])
    step = next(j for j, each in enumerate(log.commands) if each.end == size)
    return Expect("diverged", step, ["digest"]), f"digest {i}"


def moved_digest(log, random):
    i = random.randrange(len(log.digests))
    size, digest = log.digests[i]
    log.put_digests(log.digests[:i] + [(size + random.choice([-1, 1]), digest)] + log.digests[i + 1:])
    return UNJUDGED, f"digest {i}"


def named_otherwise(log, random):
    """A digest of a file of commands that was never there, or is there no more."""
    lines = (log.path / DIGESTS).read_text().splitlines()
    i = random.randrange(len(lines))
    lines[i] = lines[i].replace(".2.incr", ".3.incr")
    (log.path / DIGESTS).write_text("\n".join(lines) + "\n")
    return UNJUDGED, f"digest {i}"


def flipped_base(log, random):
    data = (log.path / BASE).read_bytes()
    (log.path / BASE).write_bytes(flipped(data, random))
    return UNJUDGED, "its base"


def cut_base(log, random):
    data = (log.path / BASE).read_bytes()
    (log.path / BASE).write_bytes(data[:random.randrange(len(data))])
    return UNJUDGED, "its base"


def crc64(data):
    """Jones' polynomial, reflected, from 0: what stands at the end of an RDB file."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x95AC9329AC4BC9B5 if crc & 1 else 0)
    return crc.to_bytes(8, "little")


def repaired_base(log, random):
    """A value of the base is another one, and its sum is right."""
    data = bytearray((log.path / BASE).read_bytes())
    at = data.index(b"old") + 3
    letter = next(i for i in range(at, len(data)) if data[i:i + 1] in (b"a", b"b", b"c"))
    data[letter] ^= 0x10
    data[-8:] = crc64(data[:-8])
    (log.path / BASE).write_bytes(data)
    return Expect("diverged", log.digest_from(0), ["digest"]), "its base"


def lost_file(name, log, random):
    (log.path / name).unlink()
    return UNJUDGED, name


def lost_manifest_line(which, log, random):
    lines = (log.path / MANIFEST).read_text().splitlines(True)
    (log.path / MANIFEST).write_text("".join(line for line in lines if f"type {which}" not in line))
    return UNJUDGED, which


def flipped_manifest(log, random):
    data = (log.path / MANIFEST).read_bytes()
    at = random.randrange(len(data))
    (log.path / MANIFEST).write_bytes(flipped(data, random, at, at + 1))
    # A number that only orders files of which there is one, or the last line end, can change to nothing.
    harmless = data[:at].endswith(b" seq ") or at == len(data) - 1
    return Expect("clean or unjudged") if harmless else UNJUDGED, f"byte {at}"


def split_log(how, log, random):
    """In two files, as a rewrite that did not end leaves them; or with a hole between."""
    size = random.choice([size for size, _ in log.digests[2:-2]])
    log.put(log.data[:size])
    other = "appendonly.aof.3.incr.aof"
    (log.path / other).write_bytes(log.data[size:])
    (log.path / DIGESTS).write_text("".join(
        f"{LOG} {at} {digest}\n" if at <= size else f"{other} {at - size} {digest}\n" for at, digest in log.digests))
    lines = (log.path / MANIFEST).read_text()
    first, second = f"file {LOG} seq 2 type i\n", f"file {other} seq 3 type i\n"
    assert first in lines
    text = {"whole": lines.replace(first, first + second), "first_lost": lines.replace(first, second),
            "last_lost": lines}[how]
    (log.path / MANIFEST).write_text(text)
    return Expect("clean") if how == "whole" else UNJUDGED, f"at byte {size}"


KINDS = ([flipped_value, flipped_length, flipped_frame, flipped_word_end, flipped_name, repaired_loss,
          swapped_commands, doubled_command, repaired_doubling, cut_with_digests, flipped_digest, moved_digest,
          named_otherwise, flipped_base, cut_base, repaired_base, flipped_manifest] +
         [named(f"lost_{place}_command", lost_command, place) for place in ("first", "inner", "last")] +
         [named(f"lost_{name.decode()}", lost_name, name) for name in (b"MULTI", b"EXEC")] +
         [named(f"cut_{where}", cut_log, where) for where in ("between", "within")] +
         [named("lost_" + name, lost_file, name) for name in (BASE, LOG, MANIFEST)] +
         [named("lost_manifest_line_" + each, lost_manifest_line, each) for each in "bi"] +
         [named("split_" + how, split_log, how) for how in ("whole", "first_lost", "last_lost")])


def homes(scratch, options):
    if not shutil.which("redis-server"):
        return
    home = scratch / "redis"
    home.mkdir()
    record(home)
    (home / "redis.json").write_text('{"schema":"recrank.engine/1","kind":"redis","program":"redis-server"}')
    yield home


def command(home):
    return ["replay", home / "appendonlydir", "--engine", home / "redis.json"]


# For the other forms of one history.
FORMS = [unchanged, repaired_loss, flipped_digest]
BEGINNINGS = []


def mutate(home, copy, kind, random):
    shutil.copytree(home, copy)
    expected, words = kind(Log(copy / "appendonlydir"), random)
    return command(copy), expected, f"redis: {kind.__name__}, {words}"
