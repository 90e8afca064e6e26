// Format: docs/formats/montana.md
#include "snapshot/montana/montana_format.h"

#include "base/check.h"

namespace recrank::montana {
namespace {

constexpr std::string_view kZero{"\0", 1};

}  // namespace

Digest tagged_hash(std::string_view domain, std::string_view first, std::string_view second,
                   std::string_view third) {
  return sha256_digest({domain, kZero, first, second, third});
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
