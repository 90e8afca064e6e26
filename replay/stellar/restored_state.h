// What a finding of the engine rests on besides inputs: the buckets that it restored its state
// from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace recrank::stellar {

// The archive says which buckets the state behind a checkpoint has; a bucket of the cache is named
// by its hash. The program does not hash a large one again that has its index beside it.
class RestoredState {
 public:
  RestoredState() = default;
  // `archive`: a directory. `shown` stands for `buckets`: "buckets/mainnet".
  RestoredState(std::filesystem::path archive, std::filesystem::path buckets, std::string shown)
      : archive_(std::move(archive)), buckets_(std::move(buckets)), shown_(std::move(shown)) {}

  // The last ledger whose header the archive has, by its own word; nullopt: it says none.
  [[nodiscard]] std::optional<uint64_t> last_ledger() const;

  // That each bucket of `checkpoint`, the number of a ledger, is what its name says, as far as the
  // cache has it. It hashes them all. Throws kInvalidData for damage.
  void check(uint64_t checkpoint) const;

 private:
  std::filesystem::path archive_;
  std::filesystem::path buckets_;
  std::string shown_;
};

}  // namespace recrank::stellar
