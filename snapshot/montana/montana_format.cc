// Format: docs/formats/montana.md
#include "snapshot/montana/montana_format.h"

#include "base/check.h"

namespace recrank::montana {
namespace {

constexpr std::string_view kZero{"\0", 1};

constexpr uint64_t kRaisedTo = 103;
constexpr uint64_t kOf = 100;

}  // namespace

Digest tagged_hash(std::string_view domain, std::string_view first, std::string_view second,
                   std::string_view third) {
  return sha256_digest({domain, kZero, first, second, third});
}

uint64_t raised_clock_hashes(uint64_t hashes) {
  // Beyond this a live node panics; no computer counts that far.
  if (hashes > UINT64_MAX / kRaisedTo) return UINT64_MAX;
  return hashes * kRaisedTo / kOf;
}

std::optional<uint64_t> unraised_clock_hashes(uint64_t hashes) {
  if (hashes > UINT64_MAX / kRaisedTo) return std::nullopt;
  // 3 % of anything is less than a step apart from its neighbours: at most one is raised to it.
  const uint64_t unraised = (hashes * kOf + kRaisedTo - 1) / kRaisedTo;
  if (raised_clock_hashes(unraised) != hashes) return std::nullopt;
  return unraised;
}

Roots roots_in(std::string_view header) {
  return {digest_at(header, kNodeRoot), digest_at(header, kCandidateRoot),
          digest_at(header, kAccountRoot)};
}

Digest state_root_of(const Roots& roots) {
  return tagged_hash("mt-state-root", bytes_of(roots.node), bytes_of(roots.candidate),
                     bytes_of(roots.account));
}

Digest proposal_hash(std::string_view header) {
  return tagged_hash("mt-proposal", header.substr(0, kSignature));
}

}  // namespace recrank::montana
