"""Mutants of a slog. Format: docs/formats/slog.md; it has no hashes, so a change is another history,
and only what breaks its order is damage."""
import json

from expect import Expect
from store import compact


class Slog:
    def __init__(self, file):
        self.lines = file.read_text().splitlines()
        self.records = [json.loads(line) if '"vatID"' in line else {} for line in self.lines]

    def vats(self):
        return sorted({r["vatID"] for r in self.records if r.get("type") == "deliver"})

    def deliveries(self, vat):
        """First and last line of each."""
        begin, found = None, []
        for i, record in enumerate(self.records):
            if record.get("vatID") != vat:
                continue
            if record["type"] == "deliver":
                begin = i
            elif record["type"] == "deliver-result" and begin is not None:
                found.append((begin, i))
                begin = None
        return found

    def change(self, i, record):
        self.lines[i] = compact(record)

    def text(self):
        return "\n".join(self.lines) + "\n"


def ended_well(slog, vat):
    return [(b, e) for b, e in slog.deliveries(vat) if slog.records[e]["dr"][0] == "ok" and slog.records[e]["dr"][2]]


def computrons(slog, vat, random):
    begin, end = random.choice(ended_well(slog, vat))
    record = slog.records[end]
    record["dr"][2]["compute"] += 1
    slog.change(end, record)
    return Expect("diverged", None, ["computrons"])


def wrong_call(slog, vat, random):
    places = [i for b, e in ended_well(slog, vat) for i in range(b, e) if slog.records[i].get("type") == "syscall"]
    i = random.choice(places)
    record = slog.records[i]
    record["vsc"][1] = "planted by a mutant"
    slog.change(i, record)
    return Expect("diverged", None, ["syscall wrong", "syscall missing", "syscall extra"])


def lost_half_of_a_call(slog, vat, random):
    places = [i for b, e in ended_well(slog, vat) for i in range(b, e)
              if slog.records[i].get("type") in ("syscall", "syscall-result")]
    del slog.lines[random.choice(places)]
    return Expect("unjudged")


def lost_end_of_a_delivery(slog, vat, random):
    _, end = random.choice(slog.deliveries(vat)[:-1])
    del slog.lines[end]
    return Expect("unjudged")


def lost_delivery(slog, vat, random):
    begin, end = random.choice(slog.deliveries(vat)[1:-1])
    slog.lines[begin:end + 1] = [line for line, record in zip(slog.lines[begin:end + 1], slog.records[begin:end + 1])
                                 if record.get("vatID") != vat]
    return Expect("unjudged")


KINDS = [computrons, wrong_call, lost_half_of_a_call, lost_end_of_a_delivery, lost_delivery]


def mutate(file, copy, kind, random, vats):
    slog = Slog(file)
    vat = random.choice([each for each in slog.vats()
                         if len(ended_well(slog, each)) > 3 and (not vats or each in vats)])
    expected = kind(slog, vat, random)
    copy.write_text(slog.text())
    return ["replay", copy, "--vat", vat], expected, f"slog: {kind.__name__} of {vat}"
