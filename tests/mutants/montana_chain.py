"""A Montana node's directory: where its fields lie, and its hashes. Format: docs/formats/montana.md."""
import hashlib

# Where each field of a header begins; the signature ends it.
HEADER = {"prev_proposal_hash": 0, "window": 32, "version": 40, "control_root": 44, "node_root": 76,
          "candidate_root": 108, "account_root": 140, "state_root": 172, "t_r": 204, "bundles_root": 236,
          "reveals_root": 268, "winner_endpoint": 300, "winner_id": 332, "proposer": 364, "target": 396,
          "fallback_depth": 412, "signature": 413}
HEADER_BYTES = 3722
SIGNATURE_BYTES = 3309


def tagged(domain, *parts):
    return hashlib.sha256(domain.encode() + b"\0" + b"".join(parts)).digest()


def end_of(field):
    return min([at for at in HEADER.values() if at > HEADER[field]], default=HEADER_BYTES)


def root_of_one(key, leaf):
    """Of a sparse Merkle tree of one leaf; level l is split by bit l of the id, bit 255 at the root."""
    empty, node = bytes(32), leaf
    for level in range(256):
        right = key[level // 8] >> (level % 8) & 1
        node = tagged("mt-merkle-node", *((empty, node) if right else (node, empty)))
        empty = tagged("mt-merkle-node", empty, empty)
    return node, empty


class Bundle:
    """Where one of the two lists has it."""

    def __init__(self, data, begin):
        operations = int.from_bytes(data[begin + 72:begin + 74], "little")
        reveals_at = begin + 74 + 32 * operations
        reveals = int.from_bytes(data[reveals_at:reveals_at + 2], "little")
        self.begin, self.signature = begin, reveals_at + 2 + 32 * reveals
        self.end = self.signature + SIGNATURE_BYTES
        self.fields = {"node_id": (begin, begin + 32), "endpoint": (begin + 32, begin + 64),
                       "window": (begin + 64, begin + 72), "operations": (begin + 72, begin + 74),
                       "reveal_count": (reveals_at, reveals_at + 2), "reveals": (reveals_at + 2, self.signature),
                       "signature": (self.signature, self.end)}


class Chain:
    """The windows of a directory that may be changed."""

    def __init__(self, path):
        self.path = path
        self.windows = {int(each.stem): bytearray(each.read_bytes()) for each in (path / "proposals").iterdir()}

    def file(self, window):
        return self.path / "proposals" / f"{window:020}.bin"

    def lists(self, window):
        """The bundles of both, and where the second one begins."""
        data, at, found = self.windows[window], HEADER_BYTES, []
        for _ in range(2):
            count = int.from_bytes(data[at:at + 2], "little")
            found.append((at, []))
            at += 2
            for _ in range(count):
                found[-1][1].append(Bundle(data, at))
                at = found[-1][1][-1].end
        return found

    def own(self, window):
        return self.lists(window)[1][1]

    def confirming(self, window):
        return self.lists(window)[0][1]

    def put(self, window, field, value):
        at = HEADER[field]
        self.windows[window][at:at + len(value)] = value

    def get(self, window, field):
        return bytes(self.windows[window][HEADER[field]:end_of(field)])

    def repair(self, begin):
        """Makes every hash from a window on right again; nodes that are alone have one bundle at most."""
        for window in sorted(each for each in self.windows if each >= begin):
            data = self.windows[window]
            for bundle in self.own(window):
                at, end = bundle.fields["endpoint"]
                data[at:end] = self.get(window, "t_r")
            for bundle in self.confirming(window):
                if window - 1 in self.windows:
                    at, end = bundle.fields["endpoint"]
                    data[at:end] = self.get(window - 1, "t_r")
            confirming = self.confirming(window)
            root = root_of_one(bytes(32), b"")[1]
            for bundle in confirming:
                key, part = bytes(data[bundle.begin:bundle.begin + 32]), bytes(data[bundle.begin:bundle.signature])
                root = root_of_one(key, tagged("mt-merkle-leaf", key, tagged("mt-bundle", part)))[0]
            self.put(window, "bundles_root", root)
            self.put(window, "state_root", tagged("mt-state-root", *(
                self.get(window, field) for field in ("node_root", "candidate_root", "account_root"))))
            if window > begin and window - 1 in self.windows:
                self.put(window, "prev_proposal_hash",
                         tagged("mt-proposal", bytes(self.windows[window - 1][:HEADER["signature"]])))

    def write(self):
        for each in (self.path / "proposals").iterdir():
            each.unlink()
        for window, data in self.windows.items():
            self.file(window).write_bytes(data)
