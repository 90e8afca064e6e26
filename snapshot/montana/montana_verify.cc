// Format: docs/formats/montana.md
#include "snapshot/montana/montana_verify.h"

#include <algorithm>

#include "base/error.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/text.h"
#include "snapshot/montana/montana.h"
#include "snapshot/montana/montana_envelope.h"
#include "snapshot/one_subject_recording.h"

namespace recrank::montana {
namespace {

constexpr size_t kDamageMax = 1000;
// About two minutes; D of the first years is a third of it.
constexpr uint64_t kProvenHashesMax = uint64_t{1} << 30;

std::string hex(const Digest& digest) { return to_hex(bytes_of(digest)); }

std::string of_window(uint64_t window) { return " of window " + std::to_string(window); }

bool names_one_twice(const std::vector<Bundle>& bundles) {
  std::vector<std::string_view> ids;
  ids.reserve(bundles.size());
  for (const Bundle& bundle : bundles) ids.push_back(bundle.node_id);
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) != ids.end();
}

class Windows {
 public:
  Windows(const Directory& directory, HashReport& report)
      : directory_(directory), report_(report) {}

  void check(StepRange range) {
    std::optional<std::string> before;  // the header of the window before
    if (range.begin > 0 && directory_.holds(range.begin - 1)) {
      before = read_header(directory_, range.begin - 1);
    }
    for (uint64_t window = range.begin; window < range.end; ++window) {
      if (report_.damage.size() >= kDamageMax) {
        leave_out("all from window " + std::to_string(window) +
                  " on: too much before it is damaged");
        return;
      }
      before = check_window(window, before);
    }
    if (!before) return;
    if (directory_.holds(range.end)) {
      check_link_behind(range.end, *before);
    } else {
      leave_out("all of the header" + of_window(range.end - 1) + " but its roots" +
                (clock_is_told_ ? " and t_r" : "") + ": no later window links to it");
    }
  }

 private:
  // The window's header, where it can be read.
  std::optional<std::string> check_window(uint64_t window,
                                          const std::optional<std::string>& before) {
    ++report_.spans;
    std::string bytes;
    try {
      bytes = read_envelope(directory_, window);
      const Envelope envelope = parse_envelope(bytes, window);
      check_state_root(envelope);
      check_bundles(envelope);
      check_endpoints(envelope);
      check_link(envelope, before);
      return std::string(envelope.header);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidData) throw;
      add(window, error.what());
      return std::nullopt;
    }
  }

  void check_state_root(const Envelope& envelope) {
    const Digest recorded = digest_at(envelope.header, kStateRoot);
    const Digest made = state_root_of(roots_in(envelope.header));
    if (made == recorded) return;
    add(envelope.window,
        "its table roots make the state root " + hex(made) + ", it holds " + hex(recorded));
  }

  void check_bundles(const Envelope& envelope) {
    if (names_one_twice(envelope.confirming)) {  // which leaves no trace in a tree of ids
      add(envelope.window, "its bundles of the window before are of one node twice");
      return;
    }
    const Digest recorded = digest_at(envelope.header, kBundlesRoot);
    const Digest made = bundles_root_of(envelope);
    if (made == recorded) {
      report_.bundles += envelope.confirming.size();
      return;
    }
    add(envelope.window, "its bundles of the window before make the bundles_root " + hex(made) +
                             ", it holds " + hex(recorded));
  }

  // A node takes no bundle of a window but with that window's t_r: they vouch for the header's,
  // also where no later window links to it.
  void check_endpoints(const Envelope& envelope) {
    const std::string_view recorded = envelope.header.substr(kClockValue, sizeof(Digest));
    clock_is_told_ = !envelope.own.empty();
    for (const Bundle& bundle : envelope.own) {
      if (bundle.endpoint == recorded) continue;
      add(envelope.window, "its t_r is " + to_hex(recorded) +
                               ", but a bundle of the window itself " + "says " +
                               to_hex(bundle.endpoint));
      return;
    }
  }

  void check_link(const Envelope& envelope, const std::optional<std::string>& before) {
    const Digest link = digest_at(envelope.header, kPrevProposalHash);
    const uint64_t window = envelope.window;
    if (!before) {
      if (link != Digest{})
        leave_out("the link" + of_window(window) + ": the header before it is not held");
      return;
    }
    if (const Digest expected = proposal_hash(*before); expected != link) {
      add(window, "its prev_proposal_hash is " + hex(link) + ", but the header of window " +
                      std::to_string(window - 1) + " has the hash " + hex(expected));
    }
  }

  // A window behind those that are checked vouches for the last of them, unless it is damaged
  // itself.
  void check_link_behind(uint64_t window, const std::string& before) {
    try {
      const std::string bytes = read_envelope(directory_, window);
      const Envelope envelope = parse_envelope(bytes, window);
      check_link(envelope, before);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidData) throw;
      leave_out("all of the header" + of_window(window - 1) + " but its roots: the window that " +
                "links to it is damaged");
    }
  }

  void add(uint64_t window, const std::string& what) {
    report_.damage.push_back({directory_.shown_proposal(window), what, kNodeSubject});
  }
  void leave_out(const std::string& what) { report_.uncovered.push_back(what); }

  const Directory& directory_;
  HashReport& report_;
  bool clock_is_told_ = false;  // bundles of the last window that was read hold its t_r
};

void check_windows(const Directory& directory, const VerifyScope& scope, HashReport& report) {
  const StepRange asked = scope.range.value_or(StepRange{0, kWindowMax});
  Windows windows(directory, report);
  for (const StepRange& held : directory.windows) {
    const StepRange part{std::max(held.begin, asked.begin), std::min(held.end, asked.end)};
    if (!part.empty()) windows.check(part);
  }
  if (report.spans == 0) return;
  report.uncovered.insert(
      report.uncovered.end(),
      {"signatures: they are not verified",
       "the bundles of each window itself, but for the t_r that they hold: they are under no root",
       "reveals_root: it is not computed", "t_r: a replay computes it, here it is only linked"});
}

// Whether D hashes lead from one t_r to the other. A node under a D of its own choice does not
// raise it at the end of a τ₂, though its clock file says so.
bool leads(const Digest& from, const Digest& to, uint64_t hashes, bool may_be_unraised) {
  Digest value = from;
  sha256_repeat(value, hashes);
  if (value == to) return true;
  const auto unraised = unraised_clock_hashes(hashes);
  return may_be_unraised && unraised && leads(from, to, *unraised, false);
}

// A clock that has ticked ahead of the windows that are held: nothing but D tells its t_r.
void check_clock_ahead(const Directory& directory, const State& state, HashReport& report) {
  if (!state.clock_ahead() || directory.holds(*state.marks.clock)) return;
  const std::string what = "t_r" + of_window(*state.marks.clock);
  const uint64_t hashes = state.clock_hashes.value_or(0);
  if (hashes == 0 || hashes > kProvenHashesMax) {
    report.uncovered.push_back(what + " in meta/timechain.bin: it takes " +
                               (hashes == 0 ? "an unknown number of" : format_count(hashes)) +
                               " hashes");
    return;
  }
  const Digest before = digest_at(state.header, kClockValue);
  if (leads(before, directory.clock->value, hashes, *state.marks.tables >= kEpochWindows)) return;
  report.damage.push_back({directory.shown + "/meta/timechain.bin",
                           "its " + what + " is " + hex(directory.clock->value) + ", but " +
                               format_count(hashes) + " hashes (its D) of the t_r before do not " +
                               "lead there",
                           kNodeSubject});
}

void check_tables(const Directory& directory, const State& state, const VerifyScope& scope,
                  HashReport& report) {
  const auto& window = state.marks.tables;
  const auto add = [&](const std::string& file, const std::string& what) {
    report.damage.push_back({directory.shown + file, what, kNodeSubject});
  };
  if (scope.range && !(window && scope.range->contains(*window))) return;
  if (window) {
    ++report.snapshots;
  } else if (directory.windows.empty() && state.tables_are_readable()) {
    report.uncovered.emplace_back("the tables: no window is held that they could be of");
  } else {
    ++report.snapshots;
    add("", "the tables are of no window: " + state.table_words());
  }
  // Without its counters nobody knows whether the directory is torn; without its clock the engine
  // says what it lacks.
  for (const FileDamage& damage : directory.damage) {
    if (!scope.range || damage.file != kClockFile) add("/" + damage.file, damage.what);
  }
  if (!state.clock_damage.empty()) add("/meta/timechain.bin", state.clock_damage);
  if (!scope.range) check_clock_ahead(directory, state, report);
}

}  // namespace

std::string read_envelope(const Directory& directory, uint64_t window) {
  const UniqueFd fd = open_for_read(directory.proposal(window));
  const uint64_t size = file_size(fd.get(), directory.shown_proposal(window));
  if (size > kEnvelopeBytesMax) {
    throw Error(ErrorCode::kInvalidData, "larger than " + format_bytes(kEnvelopeBytesMax));
  }
  std::string bytes(size, '\0');
  read_exactly_at(fd.get(), bytes.data(), bytes.size(), 0, directory.shown_proposal(window));
  return bytes;
}

HashReport verify_montana(const Directory& directory, const State& state,
                          const VerifyScope& scope) {
  HashReport report;
  if (scope.parts != VerifyParts::kHeaps) check_windows(directory, scope, report);
  if (scope.parts != VerifyParts::kAllButHeaps) check_tables(directory, state, scope, report);
  return report;
}

}  // namespace recrank::montana
