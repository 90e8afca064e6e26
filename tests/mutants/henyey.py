"""Mutants of a henyey node: its database of ledgers, and the cache and archive that its program executes them from.

Formats: docs/formats/henyey-db.md, ledger-input.md; verdicts: docs/systems/henyey.md. By default the stand-in is the
engine, which reads no input: there a finding is planted first, and a damaged input has to take it back. The real
program executes them: RECRANK_HENYEY names it.
"""
import ctypes
import ctypes.util
import hashlib
import os
import shutil
import sqlite3

from expect import Expect, flipped, named, unchanged

MISSING = "no fake_henyey beside recrank"
FIRST, LAST = 8, 23  # behind the first checkpoint of an accelerated network, and what was published
PLANTED = "lie"

UNJUDGED = Expect("unjudged")
# What the program does not execute it may pass over; nothing else may be said of damage.
UNHARMED = Expect("clean or unjudged")

# Fields of a header before the upgrades, from its beginning, and behind them, from its end (docs/formats).
BEFORE_UPGRADES = {"ledger_version": (0, 4), "prev_hash": (4, 36), "tx_set_hash": (36, 68), "close_time": (68, 76)}
BEHIND_UPGRADES = {"tx_result_hash": (-240, -208), "bucket_list_hash": (-208, -176), "total_coins": (-172, -164),
                   "fee_pool": (-164, -156), "inflation_seq": (-156, -152), "id_pool": (-152, -144),
                   "base_fee": (-144, -140), "base_reserve": (-140, -136), "max_tx_set_size": (-136, -132),
                   "skip_list": (-132, -4)}
FIELDS = {**BEFORE_UPGRADES, **BEHIND_UPGRADES}
TOLD = {"tx_result_hash", "bucket_list_hash", "total_coins", "fee_pool"}  # by the program, beside the hash
OF_THE_INPUT = {"prev_hash", "tx_set_hash", "close_time"}


class Database:
    def __init__(self, home):
        self.file = home / "node.db"
        self.db = sqlite3.connect(self.file)

    def close(self):
        self.db.commit()
        self.db.close()

    def header(self, seq):
        return self.db.execute("SELECT data FROM ledgerheaders WHERE ledgerseq=?", (seq,)).fetchone()[0]

    def last(self):
        return self.db.execute("SELECT MAX(ledgerseq) FROM ledgerheaders").fetchone()[0]

    def put(self, seq, header):
        """With what the columns say of it."""
        self.db.execute("UPDATE ledgerheaders SET data=?, ledgerhash=?, prevhash=?, bucketlisthash=?, closetime=? "
                        "WHERE ledgerseq=?",
                        (header, hashlib.sha256(header).hexdigest(), header[4:36].hex(),
                         header[slice(*FIELDS["bucket_list_hash"])].hex(),
                         int.from_bytes(header[slice(*FIELDS["close_time"])], "big"), seq))

    def relink(self, behind):
        for seq in range(behind + 1, self.last() + 1):
            header, before = self.header(seq), hashlib.sha256(self.header(seq - 1)).digest()
            self.put(seq, header[:4] + before + header[36:])


def span_of(header, field):
    begin, end = FIELDS[field]
    return (begin, end) if begin >= 0 else (len(header) + begin, len(header) + end)


def with_field_flipped(header, field, random):
    begin, end = span_of(header, field)
    # Not the highest byte: sums are signed, and times are columns of 63 bits.
    return flipped(header, random, begin + 1, end)


def ledger_of(random):
    return random.randrange(FIRST, LAST + 1)


def flipped_column(column, home, random):
    db, seq = Database(home), ledger_of(random)
    value = db.db.execute(f"SELECT {column} FROM ledgerheaders WHERE ledgerseq=?", (seq,)).fetchone()[0]
    if isinstance(value, int):
        value ^= 1 << random.randrange(16)
    elif isinstance(value, str):
        at = random.randrange(len(value))
        value = value[:at] + random.choice([each for each in "0123456789abcdef" if each != value[at]]) + value[at + 1:]
    else:
        value = flipped(value, random)
    db.db.execute(f"UPDATE OR REPLACE ledgerheaders SET {column}=? WHERE ledgerseq=?", (value, seq))
    db.close()
    # Of another number: a gap, where it is not the number of a ledger beside it.
    expected = Expect("clean or unjudged", uncovered=[seq]) if column == "ledgerseq" else UNJUDGED
    return expected, f"ledger {seq}"


def flipped_field(field, home, random):
    """With its own hash made right, and the link of the next ledger not."""
    db, seq = Database(home), ledger_of(random)
    db.put(seq, with_field_flipped(db.header(seq), field, random))
    db.close()
    # To the last one there is no link.
    return (UNJUDGED if seq < LAST else repaired_answer(field, seq)), f"ledger {seq}"


def flipped_field_before_the_end(field, home, random):
    """The range ends with it, and the next ledger, behind the range, links to what it was."""
    db, seq = Database(home), random.randrange(FIRST, LAST)
    db.put(seq, with_field_flipped(db.header(seq), field, random))
    db.close()
    return UNJUDGED, f"ledger {seq}", ["--to", str(seq)]


def repaired_answer(field, seq):
    if field in OF_THE_INPUT:
        return UNJUDGED  # the input is of another history than the database
    return Expect("diverged", seq, [field if field in TOLD else "ledger_hash"])


def repaired_field(field, home, random):
    db, seq = Database(home), ledger_of(random)
    db.put(seq, with_field_flipped(db.header(seq), field, random))
    db.relink(seq)
    db.close()
    return repaired_answer(field, seq), f"ledger {seq}"


def lost_row(place, home, random):
    db = Database(home)
    seq = {"genesis": 1, "first": FIRST, "inner": random.randrange(FIRST + 1, LAST), "last": LAST}[place]
    db.db.execute("DELETE FROM ledgerheaders WHERE ledgerseq=?", (seq,))
    db.close()
    # A node that was away and caught up leaves gaps too, and nobody knows where one began.
    return Expect("clean", uncovered=[] if place == "genesis" else [seq]), f"ledger {seq}"


def swapped_rows(home, random):
    db = Database(home)
    a, b = random.sample(range(FIRST, LAST + 1), 2)
    for old, new in ((a, -1), (b, a), (-1, b)):
        db.db.execute("UPDATE ledgerheaders SET ledgerseq=? WHERE ledgerseq=?", (new, old))
    db.close()
    return UNJUDGED, f"ledgers {a} and {b}"


def doubled_row(home, random):
    db, seq = Database(home), ledger_of(random)
    db.db.execute("INSERT INTO ledgerheaders SELECT 'x' || substr(ledgerhash, 2), prevhash, bucketlisthash, ?, "
                  "closetime, data FROM ledgerheaders WHERE ledgerseq=?", (LAST + 1, seq))
    db.close()
    return UNJUDGED, f"ledger {seq}"


def flipped_page(home, random):
    file = home / "node.db"
    data = file.read_bytes()
    at = random.randrange(len(data))
    file.write_bytes(flipped(data, random, at, at + 1))
    return UNHARMED, f"byte {at} of the database"


def cut_database(home, random):
    file = home / "node.db"
    data = file.read_bytes()
    at = random.choice([0, 16, 99, 100, 4096, 8192, random.randrange(len(data))])
    file.write_bytes(data[:at])
    return UNJUDGED, f"at byte {at}"


def closes_otherwise(home, seq):
    (home / "archive/acts").write_text(f"{PLANTED} {seq} {'c' * 64}\n")


def planted(home, random):
    seq = ledger_of(random)
    closes_otherwise(home, seq)
    return Expect("diverged", seq, ["ledger_hash"]), f"ledger {seq}"


def zstd(function, data, *more):
    library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    room = 1 << 20
    out = ctypes.create_string_buffer(room)
    call = getattr(library, function)
    call.restype = ctypes.c_size_t
    size = call(out, ctypes.c_size_t(room), data, ctypes.c_size_t(len(data)), *more)
    return out.raw[:size]


def input_of(home, seq):
    return home / "cache/cdp/mainnet" / f"{seq}.xdr.zst"


def is_real(home):
    return (home / "real").exists()


def damaged_input(how, home, random):
    seq = ledger_of(random)
    file = input_of(home, seq)
    if not is_real(home):
        closes_otherwise(home, seq)
    data = file.read_bytes()
    expected = UNJUDGED
    if "flipped" in how:  # of an input the program executes a part; the stand-in's finding stands where it would not
        expected = UNHARMED if is_real(home) else Expect("diverged or unjudged", seq, ["ledger_hash"])
    if how == "lost":
        file.unlink()
    elif how == "cut":
        file.write_bytes(data[:random.randrange(len(data))])
    elif how == "other":
        file.write_bytes(input_of(home, random.choice([each for each in range(FIRST, LAST + 1) if each != seq])).read_bytes())
    elif how == "flipped":
        file.write_bytes(flipped(data, random))
    else:  # within what is packed
        unpacked = zstd("ZSTD_decompress", data)
        file.write_bytes(zstd("ZSTD_compress", flipped(unpacked, random), ctypes.c_int(3)))
    return expected, f"ledger {seq}"


def damaged_archive(how, home, random):
    files = sorted(each for each in (home / "archive").rglob("*")
                   if each.is_file() and each.suffix in (".gz", ".json"))
    file = random.choice(files)
    data = file.read_bytes()
    if how == "lost":
        file.unlink()
    else:
        file.write_bytes(flipped(data, random) if how == "flipped" else data[:random.randrange(len(data))])
    return UNHARMED, str(file.relative_to(home))


KINDS = ([named("flipped_column_" + each, flipped_column, each)
          for each in ("ledgerhash", "prevhash", "bucketlisthash", "ledgerseq", "closetime", "data")] +
         [named("flipped_field_" + each, flipped_field, each) for each in FIELDS] +
         [named("flipped_field_at_the_end_" + each, flipped_field_before_the_end, each)
          for each in ("fee_pool", "base_fee", "bucket_list_hash")] +
         [named("repaired_field_" + each, repaired_field, each) for each in FIELDS] +
         [named(f"lost_{place}_row", lost_row, place) for place in ("genesis", "first", "inner", "last")] +
         [swapped_rows, doubled_row, flipped_page, cut_database, planted] +
         [named(how + "_input", damaged_input, how) for how in ("lost", "cut", "other", "flipped", "flipped_within")] +
         [named(how + "_archive", damaged_archive, how) for how in ("lost", "cut", "flipped")])


def prepare(home, repository, program):
    shutil.copytree(repository / "tests/recordings/henyey-local", home)
    (home / "cache/buckets/mainnet").mkdir(parents=True)
    # The node closed some ledgers that it never published: nothing could be executed of them.
    db = Database(home)
    db.db.execute("DELETE FROM ledgerheaders WHERE ledgerseq>?", (LAST,))
    db.db.execute("UPDATE storestate SET state=? WHERE statename='lastclosedledger'", (str(LAST),))
    db.close()
    (home / "engine.json").write_text(
        f'{{"schema":"recrank.engine/1","kind":"henyey","program":"{program}","config":"offline.toml","cache":"cache"}}')
    return home


def homes(scratch, options):
    repository = options.repository
    if (options.programs / "fake_henyey").exists():
        yield prepare(scratch / "henyey", repository, (options.programs / "fake_henyey").resolve())
    if os.environ.get("RECRANK_HENYEY"):
        home = prepare(scratch / "henyey-real", repository, os.environ["RECRANK_HENYEY"])
        (home / "real").touch()
        yield home


def command(home, *more):
    (home / "offline.toml").write_text(
        '[network]\npassphrase = "Standalone Network ; February 2017"\n\n[testing]\naccelerate_time = true\n\n'
        f'[[history.archives]]\nname = "local"\nurl = "file://{home / "archive"}"\n')
    return ["replay", home / "node.db", "--engine", home / "engine.json", *more]


# For the other forms of one history, and its other beginnings.
FORMS = [unchanged, named("repaired_fee_pool", repaired_field, "fee_pool"), planted]
BEGINNINGS = [["--from", str(each)] for each in (8, 16)]


def mutate(home, copy, kind, random):
    if is_real(home) and kind is planted:
        raise ValueError("it closes ledgers as they are")
    shutil.copytree(home, copy)
    expected, words, *more = kind(copy, random)
    return command(copy, *(more[0] if more else [])), expected, f"henyey: {kind.__name__}, {words} of {home.name}"
