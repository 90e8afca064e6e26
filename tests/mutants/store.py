"""Mutants of a swing-store: a directory with swingstore.sqlite.

Format and hash chain: docs/formats/swingset-2024.md.
"""
import hashlib
import json
import shutil
import sqlite3

from expect import Expect, flipped, named

MARKS = {"initialize-worker", "save-snapshot", "load-snapshot", "shutdown-worker"}


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Store:
    """A copy of a store that may be changed."""

    def __init__(self, kernel, copy):
        shutil.copytree(kernel, copy)
        self.path = copy
        self.db = sqlite3.connect(copy / "swingstore.sqlite")

    def close(self):
        self.db.commit()
        self.db.close()

    def vats(self):
        """Those with a history of more than marks, by ID."""
        rows = self.db.execute("SELECT vatID, COUNT(*) FROM transcriptItems GROUP BY vatID HAVING COUNT(*) > 3")
        return sorted(row[0] for row in rows)

    def items(self, vat):
        rows = self.db.execute("SELECT position, item FROM transcriptItems WHERE vatID=? ORDER BY position", (vat,))
        return [(position, json.loads(item)) for position, item in rows]

    def spans(self, vat):
        return self.db.execute("SELECT startPos, endPos, isCurrent FROM transcriptSpans WHERE vatID=? "
                               "ORDER BY startPos", (vat,)).fetchall()

    def write(self, vat, position, item):
        self.db.execute("UPDATE transcriptItems SET item=? WHERE vatID=? AND position=?",
                        (compact(item), vat, position))

    def rehash(self, vat):
        """Makes every hash of the vat's spans right again."""
        for start, end, _ in self.spans(vat):
            h = digest("start of transcript span")
            for (item,) in self.db.execute("SELECT item FROM transcriptItems WHERE vatID=? AND position>=? AND "
                                           "position<? ORDER BY position", (vat, start, end)):
                h = digest(h + digest(item))
            self.db.execute("UPDATE transcriptSpans SET hash=? WHERE vatID=? AND startPos=?", (h, vat, start))


def deliveries(store, vat, fits):
    return [(position, item) for position, item in store.items(vat)
            if item["d"][0] not in MARKS and fits(item)]


def calls_that_stand_alone(item):
    """Indices of calls that differ from both neighbours, so that one index is the right one."""
    calls = [call["s"] for call in item["sc"]]
    return [i for i, call in enumerate(calls) if call not in (calls[i - 1:i] + calls[i + 1:i + 2])]


def computrons(store, vat, random):
    position, item = random.choice(deliveries(store, vat, lambda each: "metering" in each["r"]))
    item["r"]["metering"]["computrons"] += random.choice([-1, 1, 1000])
    store.write(vat, position, item)
    return Expect("diverged", position, ["computrons"])


def wrong_call(store, vat, random):
    position, item = random.choice(deliveries(store, vat, calls_that_stand_alone))
    index = random.choice(calls_that_stand_alone(item))
    # Its verb stays, so that it is the same call with another argument.
    item["sc"][index]["s"][1] = "planted by a mutant"
    store.write(vat, position, item)
    # A call that is too different from all is one that is missing and another that is extra.
    return Expect("diverged", position, ["syscall wrong", "syscall missing", "syscall extra"], index)


def lost_call(store, vat, random):
    position, item = random.choice(deliveries(store, vat, calls_that_stand_alone))
    index = random.choice(calls_that_stand_alone(item))
    del item["sc"][index]
    store.write(vat, position, item)
    return Expect("diverged", position, ["syscall extra"], index)


def added_call(store, vat, random):
    position, item = random.choice(deliveries(store, vat, lambda each: True))
    index = random.randint(0, len(item["sc"]))
    item["sc"].insert(index, {"s": ["vatstoreSet", "planted by a mutant", "1"], "r": ["ok", None]})
    store.write(vat, position, item)
    return Expect("diverged", position, ["syscall missing"], index)


def swapped_calls(store, vat, random):
    def places(item):
        calls = [call["s"] for call in item["sc"]]
        return [i for i in range(len(calls) - 1) if calls[i] != calls[i + 1]]
    position, item = random.choice(deliveries(store, vat, places))
    index = random.choice(places(item))
    calls = item["sc"]
    calls[index], calls[index + 1] = calls[index + 1], calls[index]
    store.write(vat, position, item)
    return Expect("diverged", position, ["syscall wrong", "syscall missing", "syscall extra"], index)


def other_result(store, vat, random):
    position, item = random.choice(deliveries(store, vat, lambda each: each["r"]["status"] == "ok"))
    item["r"]["status"] = "error"
    item["r"]["problem"] = "planted by a mutant"
    store.write(vat, position, item)
    return Expect("diverged", position, ["result"])


def unknown_method(store, vat, random):
    position, item = random.choice(deliveries(store, vat, lambda each: each["d"][0] == "message" and each["d"][2].get("result")))
    methargs = item["d"][2]["methargs"]
    body = json.loads(methargs["body"][1:])
    body[0] = "planted by a mutant"
    methargs["body"] = "#" + compact(body)
    store.write(vat, position, item)
    return Expect("diverged", position)


# From here on: hashes are left as they are, or repaired, and damage it is either way.


def by_statement(statement, store, vat, random):
    store.db.execute(statement, (vat,))
    return Expect("unjudged")


# Losses that are one statement about a vat.
STATEMENTS = {
    "lost_first_item": "DELETE FROM transcriptItems WHERE vatID=?1 AND position=0",
    "lost_last_item": "DELETE FROM transcriptItems WHERE vatID=?1 AND position="
                      "(SELECT MAX(position) FROM transcriptItems WHERE vatID=?1)",
    "lost_current_items": "DELETE FROM transcriptItems WHERE vatID=?1 AND position>="
                          "(SELECT startPos FROM transcriptSpans WHERE vatID=?1 AND isCurrent=1)",
    "lost_all_items": "DELETE FROM transcriptItems WHERE vatID=?1",
    "lost_current_span": "DELETE FROM transcriptSpans WHERE vatID=?1 AND isCurrent=1",
    "longer_current_span": "UPDATE transcriptSpans SET endPos=endPos+1 WHERE vatID=?1 AND isCurrent=1",
    "shorter_current_span": "UPDATE transcriptSpans SET endPos=endPos-1 WHERE vatID=?1 AND isCurrent=1",
}


def lost_inner_item(store, vat, random):
    start, end = random.choice([(a, b) for a, b, _ in store.spans(vat) if b - a > 2])
    store.db.execute("DELETE FROM transcriptItems WHERE vatID=? AND position=?",
                     (vat, random.randrange(start + 1, end - 1)))
    return Expect("unjudged")


def lost_inner_span(store, vat, random):
    start = random.choice(store.spans(vat)[:-1])[0]
    store.db.execute("DELETE FROM transcriptSpans WHERE vatID=? AND startPos=?", (vat, start))
    return Expect("unjudged")


def flipped_item(store, vat, random):
    position, _ = random.choice(store.items(vat))
    (item,) = store.db.execute("SELECT item FROM transcriptItems WHERE vatID=? AND position=?",
                               (vat, position)).fetchone()
    at = random.randrange(len(item))
    store.db.execute("UPDATE transcriptItems SET item=? WHERE vatID=? AND position=?",
                     (item[:at] + chr(ord(item[at]) ^ 1) + item[at + 1:], vat, position))
    return Expect("unjudged")


# One bit of a column of bytes: table, column, the column that tells its rows, and where to begin: the head of
# what is compressed holds names and times that nothing hangs on.
BYTES = {"flipped_heap": ("snapshots", "compressedSnapshot", "snapPos", 0.25),
         "flipped_bundle": ("bundles", "bundle", "bundleID", 0)}


def flipped_bytes(table, column, key, begin, store, vat, random):
    if table == "bundles":
        row = store.items(vat)[0][1]["d"][1]["source"]["bundleID"]
        of_vat, words = "", (row,)
    else:
        rows = store.db.execute(f"SELECT {key} FROM {table} WHERE vatID=? AND {column} IS NOT NULL", (vat,)).fetchall()
        of_vat, words = " AND vatID=?", (random.choice(rows)[0], vat)
    (got,) = store.db.execute(f"SELECT {column} FROM {table} WHERE {key}=?{of_vat}", words).fetchone()
    store.db.execute(f"UPDATE {table} SET {column}=? WHERE {key}=?{of_vat}", 
                     (flipped(got, random, int(len(got) * begin)), *words))
    return Expect("unjudged")


SEMANTIC = [computrons, wrong_call, lost_call, added_call, swapped_calls, other_result, unknown_method]
# Whether repairing the hashes afterwards could make another history of it that is whole.
LOSSES = [named(name, by_statement, each) for name, each in STATEMENTS.items()] + [lost_inner_item, lost_inner_span]
FLIPS = [flipped_item] + [named(name, flipped_bytes, *each) for name, each in BYTES.items()]


def mutate(kernel, copy, kind, random, vats):
    """Makes a mutant; gives what to ask, what is to be said, and words for people."""
    store = Store(kernel, copy)
    vat = random.choice([each for each in store.vats() if not vats or each in vats])
    repaired = kind in SEMANTIC or (kind in LOSSES and random.random() < 0.5)
    try:
        expected = kind(store, vat, random)
        if repaired:
            store.rehash(vat)
    finally:
        store.close()
    words = f"{kind.__name__} of {vat}" + (", hashes repaired" if repaired else "")
    # A slog beside a store would be taken into account; here only the store is asked.
    return ["replay", copy, "--vat", vat], expected, words
