// Format: docs/formats/montana.md
#include "snapshot/montana/montana_verify.h"

#include <algorithm>

#include "base/error.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/text.h"
#include "snapshot/montana/montana.h"
#include "snapshot/montana/montana_envelope.h"

namespace recrank::montana {
namespace {

constexpr size_t kDamageMax = 1000;

std::string hex(const Digest& digest) { return to_hex(bytes_of(digest)); }

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
      if (report_.damage.size() >= kDamageMax) return;
      before = check_window(window, before);
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
      static_cast<void>(parse_envelope(bytes, window));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidData) throw;
      add(window, error.what());
      return std::nullopt;
    }
    const std::string_view header = std::string_view(bytes).substr(0, kHeaderBytes);
    const Digest state_root = digest_at(header, kStateRoot);
    if (const Digest made = state_root_of(roots_in(header)); made != state_root) {
      add(window,
          "its table roots make the state root " + hex(made) + ", it holds " + hex(state_root));
    }
    const Digest link = digest_at(header, kPrevProposalHash);
    if (before && proposal_hash(*before) != link) {
      add(window, "its prev_proposal_hash is " + hex(link) + ", but the header of window " +
                      std::to_string(window - 1) + " has the hash " + hex(proposal_hash(*before)));
    }
    return std::string(header);
  }

  void add(uint64_t window, const std::string& what) {
    report_.damage.push_back({directory_.shown_proposal(window), what, kNodeSubject});
  }

  const Directory& directory_;
  HashReport& report_;
};

void check_windows(const Directory& directory, const VerifyScope& scope, HashReport& report) {
  const StepRange asked = scope.range.value_or(StepRange{0, kWindowMax});
  Windows windows(directory, report);
  for (const StepRange& held : directory.windows) {
    const StepRange part{std::max(held.begin, asked.begin), std::min(held.end, asked.end)};
    if (!part.empty()) windows.check(part);
  }
}

void check_tables(const Directory& directory, const State& state, const VerifyScope& scope,
                  HashReport& report) {
  const auto& window = state.marks.tables;
  const auto add = [&](const std::string& file, const std::string& what) {
    report.damage.push_back({directory.shown + file, what, kNodeSubject});
  };
  if (scope.range && !(window && scope.range->contains(*window))) return;
  ++report.snapshots;
  if (!window) {
    if (!directory.windows.empty()) add("", "the tables are of no window: " + state.table_words());
    else --report.snapshots;  // nothing to hold them against
  }
  if (!state.clock_damage.empty()) add("/meta/timechain.bin", state.clock_damage);
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
  if (!scope.range && scope.parts != VerifyParts::kHeaps) {
    for (const FileDamage& damage : directory.damage) {
      report.damage.push_back({directory.shown + "/" + damage.file, damage.what, kNodeSubject});
    }
  }
  return report;
}

}  // namespace recrank::montana
