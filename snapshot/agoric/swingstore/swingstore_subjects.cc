// Format: docs/formats/swingset-2024.md ("Keys of a vat", "Spans").
#include "snapshot/agoric/swingstore/swingstore_subjects.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "base/error.h"
#include "base/text.h"
#include "snapshot/agoric/swingstore/swingstore_missing.h"
#include "snapshot/agoric/vat_options.h"

namespace recrank::agoric {
namespace {

struct VatIdOrder {
  bool operator()(const std::string& a, const std::string& b) const { return vat_id_less(a, b); }
};
using VatIds = std::set<std::string, VatIdOrder>;

// Reads one key and hands its text to `parse`. A key that is damaged costs only what it says, and
// gives false.
bool read_key(SwingstoreReader& reader, const std::string& key, std::vector<std::string>& notes,
              const std::function<void(const std::string&)>& parse) {
  try {
    if (const auto text = reader.kv(key)) parse(*text);
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidData) throw;
    notes.push_back("key " + printable(key, 80) + " cannot be read: " + error.what());
    return false;
  }
}

// What the key-value store says about which vats there are.
struct Census {
  std::map<std::string, std::string> static_names;  // by vat
  VatIds living;
  VatIds terminated;
  bool complete = true;  // false: a list of vats cannot be read
};

Census take_census(SwingstoreReader& reader, std::vector<std::string>& notes) {
  Census census;
  const auto add_to = [](VatIds& ids) {
    return [&ids](const std::string& text) {
      for (const std::string& id : parse_string_array(text)) {
        if (is_vat_id(id)) ids.insert(id);
      }
    };
  };
  const bool names = read_key(reader, "vat.names", notes, [&](const std::string& text) {
    for (const std::string& name : parse_string_array(text)) {
      (void)read_key(reader, "vat.name." + name, notes, [&](const std::string& id) {
        if (!is_vat_id(id)) return;
        census.static_names[id] = name;
        census.living.insert(id);
      });
    }
  });
  const bool dynamic = read_key(reader, "vat.dynamicIDs", notes, add_to(census.living));
  const bool terminated = read_key(reader, "vats.terminated", notes, add_to(census.terminated));
  census.complete = names && dynamic && terminated;
  return census;
}

// Joins held spans that adjoin or (in damaged stores) overlap.
std::vector<StepRange> join(std::span<const SpanRow> spans) {
  std::vector<StepRange> ranges;
  for (const SpanRow& span : spans) {
    if (!span.held) continue;
    if (!ranges.empty() && span.items.begin <= ranges.back().end) {
      ranges.back().end = std::max(ranges.back().end, span.items.end);
    } else {
      ranges.push_back(span.items);
    }
  }
  return ranges;
}

std::string why_not_replayable(const Subject& subject, std::span<const SpanRow> spans,
                               const std::vector<Checkpoint>& checkpoints) {
  if (subject.manager == "local") {
    return subject.held.empty() ? "a local worker: the kernel keeps no transcript"
                                : "a local worker: its steps ran inside the kernel, not in xsnap";
  }
  if (const MissingSteps* lost = subject.lost_in({0, kNoEnd}); lost && subject.held.empty()) {
    return "the evidence is damaged: " + lost->damaged_place + " " + lost->why;
  }
  if (subject.held.empty()) {
    const bool any =
        std::any_of(spans.begin(), spans.end(), [](const SpanRow& s) { return !s.items.empty(); });
    return any ? "none of its transcript items is in this recording" : "its transcript is empty";
  }
  const bool reachable =
      std::any_of(checkpoints.begin(), checkpoints.end(), [&](const Checkpoint& c) {
        return c.available && subject.holds({c.next_step, c.next_step + 1});
      });
  return reachable ? ""
                   : "neither a heap snapshot nor the beginning of an incarnation is left "
                     "from which a held step could be reached";
}

// Whether a vat without a current span lacks it. Where the lists of vats cannot be read, one that
// they do not name may live as well.
bool must_have_a_current_span(const std::string& id, const Census& census) {
  if (census.terminated.count(id) != 0) return false;
  return census.living.count(id) != 0 || !census.complete;
}

Subject describe(const std::string& id, const Census& census, const SwingstoreSource& source,
                 const std::string& default_manager, SwingstoreReader& reader,
                 std::vector<std::string>& notes) {
  Subject subject;
  subject.id = id;
  const SwingstoreIndex& index = source.index();
  VatOptions options;
  (void)read_key(reader, id + ".options", notes,
                 [&](const std::string& text) { options = parse_vat_options(text); });
  const auto named = census.static_names.find(id);
  subject.name = named != census.static_names.end() ? named->second : options.name.value_or("");
  // A terminated vat loses its options first and its transcript later.
  subject.manager = options.worker.type.empty() ? default_manager : options.worker.type;

  const std::span<const SpanRow> spans = index.spans_of(id);
  const bool current =
      std::any_of(spans.begin(), spans.end(), [](const SpanRow& s) { return s.current; });
  const bool listed = census.living.count(id) != 0;
  if (census.terminated.count(id) != 0 || (!listed && !current)) {
    subject.state = SubjectState::kTerminated;
  }
  std::set<uint64_t> incarnations;
  for (const SpanRow& span : spans) incarnations.insert(span.incarnation);
  subject.incarnations = std::max<uint64_t>(incarnations.size(), 1);
  subject.held = join(spans);
  if (subject.manager != "local") {
    subject.missing =
        find_missing_steps(index, source.shown_name(), id, must_have_a_current_span(id, census));
  }
  subject.not_replayable =
      why_not_replayable(subject, spans, find_swingstore_checkpoints(index, id));
  return subject;
}

}  // namespace

std::vector<Subject> find_swingstore_subjects(const SwingstoreSource& source,
                                              SwingstoreReader& reader,
                                              std::vector<std::string>& notes) {
  const SwingstoreIndex& index = source.index();
  const Census census = take_census(reader, notes);
  VatIds ids = census.living;
  ids.insert(census.terminated.begin(), census.terminated.end());
  for (const SpanRow& span : index.spans) ids.insert(span.vat_id);
  for (const SnapshotRow& snapshot : index.snapshots) ids.insert(snapshot.vat_id);
  for (const auto& [id, end] : index.item_ends) ids.insert(id);
  std::string default_manager;
  (void)read_key(reader, "kernel.defaultManagerType", notes,
                 [&](const std::string& text) { default_manager = text; });
  std::vector<Subject> subjects;
  for (const std::string& id : ids) {
    subjects.push_back(describe(id, census, source, default_manager, reader, notes));
  }
  return subjects;
}

std::vector<Checkpoint> find_swingstore_checkpoints(const SwingstoreIndex& index,
                                                    const std::string& vat_id) {
  std::vector<Checkpoint> checkpoints;
  for (const SpanRow& span : index.spans_of(vat_id)) {
    // The first span that is left may begin in the middle of an incarnation.
    if (!span.held || !(span.begins || span.items.begin == 0)) continue;
    Checkpoint genesis;
    genesis.next_step = span.items.begin;
    genesis.incarnation = span.incarnation;
    checkpoints.push_back(genesis);
  }
  for (const SnapshotRow& snapshot : index.snapshots_of(vat_id)) {
    const SpanRow* span = index.span_at(vat_id, snapshot.position);
    Checkpoint heap;
    heap.kind = CheckpointKind::kHeapSnapshot;
    heap.next_step = snapshot.position + 1;
    heap.incarnation = span != nullptr ? span->incarnation : 0;
    heap.sha256 = snapshot.hash;
    heap.size_bytes = snapshot.raw_bytes.value_or(0);
    heap.available = snapshot.held;
    checkpoints.push_back(heap);
  }
  std::stable_sort(
      checkpoints.begin(), checkpoints.end(),
      [](const Checkpoint& a, const Checkpoint& b) { return a.next_step < b.next_step; });
  return checkpoints;
}

}  // namespace recrank::agoric
