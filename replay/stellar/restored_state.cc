#include "replay/stellar/restored_state.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/hex.h"

namespace recrank::stellar {
namespace {

namespace fs = std::filesystem;

constexpr size_t kStateBytesMax = size_t{1} << 20;  // a real one has some 10 kB
constexpr size_t kBucketHashDigits = 64;

// history/00/00/01/history-0000017f.json
fs::path state_file(uint64_t checkpoint) {
  const std::string number = number_to_hex(checkpoint, 8);
  return fs::path("history") / number.substr(0, 2) / number.substr(2, 2) / number.substr(4, 2) /
         ("history-" + number + ".json");
}

// Whatever its members are called: all that looks like the hash of a bucket.
std::set<std::string> hashes_in(std::string_view json) {
  std::set<std::string> hashes;
  for (size_t at = json.find('"'); at != std::string_view::npos; at = json.find('"', at + 1)) {
    const std::string_view hash = json.substr(at + 1, kBucketHashDigits);
    if (is_sha256_hex(hash)) hashes.emplace(hash);
  }
  return hashes;
}

}  // namespace

std::optional<uint64_t> RestoredState::last_ledger() const {
  std::error_code error;
  const fs::path root = archive_ / ".well-known/stellar-history.json";
  if (!fs::is_regular_file(root, error)) return std::nullopt;
  const auto json = nlohmann::json::parse(read_small_file(root, kStateBytesMax), nullptr, false);
  const auto last = json.is_object() ? json.find("currentLedger") : json.end();
  if (last == json.end() || !last->is_number_unsigned()) return std::nullopt;
  return last->get<uint64_t>();
}

void RestoredState::check(uint64_t checkpoint) const {
  std::error_code error;
  const fs::path state = archive_ / state_file(checkpoint);
  if (!fs::is_regular_file(state, error)) return;  // the program has said so
  for (const std::string& hash : hashes_in(read_small_file(state, kStateBytesMax))) {
    const std::string name = hash + ".bucket.xdr";
    if (!fs::is_regular_file(buckets_ / name, error)) continue;
    const std::string computed = sha256_hex_of_file(buckets_ / name);
    if (computed == hash) continue;
    throw Error(ErrorCode::kInvalidData,
                "the cache is damaged: " + shown_ + "/" + name + ": its sha256 is " + computed);
  }
}

}  // namespace recrank::stellar
