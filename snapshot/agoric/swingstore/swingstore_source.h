// What a swing-store holds, whatever carries it: the seam between the two carriers (SQLite file,
// export directory) and the one Recording on top of them (swingstore_recording.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "snapshot/io/inflate.h"
#include "snapshot/step.h"

namespace recrank::agoric {

// One run of transcript items between two heap snapshots.
struct SpanRow {
  std::string vat_id;
  StepRange items;
  std::string hash;  // end of its hash chain
  uint64_t incarnation = 0;
  bool current = false;
  bool held = false;    // its first and its last item are there; an empty span is not held
  std::string broken;   // why it is neither held nor pruned: "its last item is missing"
  bool begins = false;  // it is held, and its first item begins an incarnation
};

struct SnapshotRow {
  std::string vat_id;
  uint64_t position = 0;  // of the save-snapshot item
  std::string hash;       // of the raw heap
  bool in_use = false;
  bool held = false;                         // its bytes are there
  std::string broken;                        // why they are lost, and not pruned
  std::optional<uint64_t> raw_bytes;         // as recorded
  std::optional<uint64_t> compressed_bytes;  // as recorded
  std::optional<uint64_t> stored_bytes;      // as found, where the carrier compresses
};

// Read once when the store is opened: in proportion to the spans, not to the items.
struct SwingstoreIndex {
  std::vector<SpanRow> spans;           // by vat (v2 before v10), then by first item
  std::vector<SnapshotRow> snapshots;   // by vat, then by position
  std::vector<std::string> bundle_ids;  // of bundles that are held; sorted
  std::vector<std::string> notes;       // oddities that do not prevent reading
  // By vat, the position behind the last item that is there, whatever its spans say.
  std::map<std::string, uint64_t> item_ends;
  bool numbers_incarnations = true;  // false: the store is from before spans had that number
  bool heads_only = false;           // it was made without any items and heaps

  void sort();
  // The following need the order that sort() makes.
  [[nodiscard]] std::span<const SpanRow> spans_of(const std::string& vat_id) const;
  [[nodiscard]] std::span<const SnapshotRow> snapshots_of(const std::string& vat_id) const;
  // The last span that begins at or before the item; nullptr when there is none.
  [[nodiscard]] const SpanRow* span_at(const std::string& vat_id, uint64_t position) const;
};

// Items in the order of their positions. Belongs to one thread; must not outlive its reader.
class ItemCursor {
 public:
  virtual ~ItemCursor() = default;
  // False at the end. Positions that are not held are passed over: the caller sees the jump.
  [[nodiscard]] virtual bool next(uint64_t& position, std::string& text) = 0;
};

// One thread's access to the store.
class SwingstoreReader {
 public:
  virtual ~SwingstoreReader() = default;
  [[nodiscard]] virtual std::optional<std::string> kv(const std::string& key) = 0;
  // The bytes as stored (b0: JSON text, b1: zip); nullopt: pruned or never there.
  [[nodiscard]] virtual std::optional<std::string> bundle(const std::string& id) = 0;
  [[nodiscard]] virtual std::unique_ptr<ItemCursor> items(const std::string& vat_id,
                                                          StepRange range) = 0;
  // Gives the raw heap of a held snapshot in pieces. Not checked against the hash.
  virtual void read_snapshot(const SnapshotRow& snapshot, const ByteSink& sink) = 0;
};

// An opened store; const and safe to use from several threads.
class SwingstoreSource {
 public:
  virtual ~SwingstoreSource() = default;
  [[nodiscard]] virtual const SwingstoreIndex& index() const = 0;
  [[nodiscard]] virtual std::unique_ptr<SwingstoreReader> open_reader() const = 0;
  // Stands for the store in all texts.
  [[nodiscard]] virtual const std::string& shown_name() const = 0;
};

// "v6": what the kernel gives as a vat's name. Rows with any other are passed over with a note.
[[nodiscard]] bool is_vat_id(std::string_view id);

// `vat_id` and what follows fit for an error text: "v6 span 204..406".
[[nodiscard]] std::string span_place(const SpanRow& span);
[[nodiscard]] std::string snapshot_place(const SnapshotRow& snapshot);

}  // namespace recrank::agoric
