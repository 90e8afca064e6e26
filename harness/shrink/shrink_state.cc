#include "harness/shrink/shrink_state.h"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"

namespace recrank {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kStateBytesMax = 64 << 20;
constexpr const char* kSchema = "recrank.shrink-state/1";
constexpr std::array<std::pair<const char*, ProbeAnswer>, 3> kLists{
    {{"holds", ProbeAnswer::kHolds},
     {"fails", ProbeAnswer::kFails},
     {"unknown", ProbeAnswer::kUnknown}}};

[[noreturn]] void refuse(const std::filesystem::path& file, ErrorCode code,
                         const std::string& what) {
  throw Error(code, file.string() + ": " + what + "; remove it, or name another file with --state");
}

// Only what kept_text() itself would write: a text in another spelling would never be found again.
void read_list(const Json& list, ProbeAnswer answer, ProbeMemory& memory, bool& sound) {
  for (const Json& each : list) {
    const auto kept =
        each.is_string() ? parse_kept(each.get<std::string>(), kItemsMax) : std::nullopt;
    if (!kept || kept_text(*kept) != each.get<std::string>()) {
      sound = false;
      return;
    }
    memory.add(*kept, answer);
  }
}

bool read_starts(const Json& starts, ShrinkState& state) {
  bool sound = starts.is_array();
  for (const Json& start : starts) {
    sound = sound && start.is_object() && start.contains("checkpoint") &&
            start["checkpoint"].is_string();
    if (!sound) return false;
    ProbeMemory& memory = state.starts[start["checkpoint"].get<std::string>()];
    for (const auto& [name, answer] : kLists) {
      if (!start.contains(name) || !start[name].is_array()) return false;
      read_list(start[name], answer, memory, sound);
    }
  }
  return sound;
}

}  // namespace

ShrinkState load_shrink_state(const std::filesystem::path& file, const std::string& fingerprint) {
  ShrinkState state;
  state.fingerprint = fingerprint;
  std::error_code none;
  if (!std::filesystem::exists(file, none)) return state;
  const Json json = Json::parse(read_small_file(file, kStateBytesMax), nullptr, false);
  const bool known = json.is_object() && json.value("schema", Json()) == kSchema &&
                     json.contains("fingerprint") && json.contains("starts");
  if (!known) refuse(file, ErrorCode::kInvalidData, "this is not the state of a shrink");
  if (json["fingerprint"] != fingerprint) {
    refuse(file, ErrorCode::kUsage,
           "it belongs to another shrink (recording, engine, finding or options differ)");
  }
  if (!read_starts(json["starts"], state)) {
    refuse(file, ErrorCode::kInvalidData, "the state of the shrink is damaged");
  }
  return state;
}

void save_shrink_state(const std::filesystem::path& file, const ShrinkState& state) {
  Json starts = Json::array();
  for (const auto& [label, memory] : state.starts) {
    Json start{{"checkpoint", label}};
    for (const auto& [name, wanted] : kLists) {
      Json list = Json::array();
      for (const auto& [text, answer] : memory.answers()) {
        if (answer == wanted) list.push_back(text);
      }
      start[name] = std::move(list);
    }
    starts.push_back(std::move(start));
  }
  const Json json{
      {"schema", kSchema}, {"fingerprint", state.fingerprint}, {"starts", std::move(starts)}};
  AtomicFile out(file);
  out.write(json.dump(1) + "\n");
  out.commit();
}

}  // namespace recrank
