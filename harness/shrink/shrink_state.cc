#include "harness/shrink/shrink_state.h"

#include <array>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json_codec.h"

namespace recrank {
namespace {

constexpr size_t kStateBytesMax = 64 << 20;
constexpr std::array kAnswers{std::pair(ProbeAnswer::kHolds, "holds"),
                              std::pair(ProbeAnswer::kFails, "fails"),
                              std::pair(ProbeAnswer::kUnknown, "unknown")};

// A start as the file has it: candidates by their answers.
struct KeptStart {
  std::string checkpoint;
  std::array<std::vector<std::string>, kAnswers.size()> candidates;
};

struct KeptState {
  std::string fingerprint;
  std::vector<KeptStart> starts;
};

template <typename Members>
void json_members(Members& of, KeptStart& start) {
  of.required("checkpoint", start.checkpoint);
  for (size_t i = 0; i < kAnswers.size(); ++i) {
    of.required(kAnswers[i].second, start.candidates[i], JsonList<JsonString>{kStateBytesMax});
  }
}

template <typename Members>
void json_members(Members& of, KeptState& state) {
  of.schema("recrank.shrink-state/1");
  of.required("fingerprint", state.fingerprint);
  of.required("starts", state.starts);
}

// Only what kept_text() itself would write: a text in another spelling would never be found again.
ProbeMemory memory_of(const KeptStart& start, const JsonAt& file) {
  ProbeMemory memory;
  for (size_t i = 0; i < kAnswers.size(); ++i) {
    for (const std::string& text : start.candidates[i]) {
      const auto kept = parse_kept(text, kItemsMax);
      if (!kept || kept_text(*kept) != text)
        file.fail("a candidate that no shrink has asked about");
      memory.add(*kept, kAnswers[i].first);
    }
  }
  return memory;
}

ShrinkState read_state(const std::filesystem::path& path, const std::string& fingerprint) {
  const std::string name = path.string();
  const JsonAt file(name);
  const auto kept = read_json<KeptState>(read_small_file(path, kStateBytesMax), name);
  if (kept.fingerprint != fingerprint) {
    throw Error(
        ErrorCode::kUsage,
        name + ": it belongs to another shrink (recording, engine, finding or options differ)");
  }
  ShrinkState state{fingerprint, {}};
  for (const KeptStart& start : kept.starts)
    state.starts[start.checkpoint] = memory_of(start, file);
  return state;
}

}  // namespace

ShrinkState load_shrink_state(const std::filesystem::path& file, const std::string& fingerprint) {
  std::error_code none;
  if (!std::filesystem::exists(file, none)) return {fingerprint, {}};
  try {
    return read_state(file, fingerprint);
  } catch (const Error& error) {
    throw Error(error.code(),
                std::string(error.what()) + "; remove it, or name another file with --state");
  }
}

void save_shrink_state(const std::filesystem::path& file, const ShrinkState& state) {
  KeptState kept{state.fingerprint, {}};
  for (const auto& [label, memory] : state.starts) {
    KeptStart& start = kept.starts.emplace_back(KeptStart{label, {}});
    for (const auto& [text, answer] : memory.answers()) {
      for (size_t i = 0; i < kAnswers.size(); ++i) {
        if (answer == kAnswers[i].first) start.candidates[i].push_back(text);
      }
    }
  }
  AtomicFile out(file);
  out.write(write_json(kept) + "\n");
  out.commit();
}

}  // namespace recrank
