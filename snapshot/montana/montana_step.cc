// Format: docs/formats/montana.md
#include "snapshot/montana/montana_step.h"

#include <array>
#include <string>

#include "base/hex.h"
#include "base/little_endian.h"

namespace recrank::montana {
namespace {

struct HexField {
  std::string_view name;
  size_t at;
  size_t size = sizeof(Digest);
  bool local = false;
};

// In the order in which they are judged and told. Local is what depends on whose clock ran out
// first: who proposed, as which fallback, with whose signature, and so the link to it.
constexpr std::array kHexFields{
    HexField{kFactNodeRoot, kNodeRoot},
    HexField{kFactCandidateRoot, kCandidateRoot},
    HexField{kFactAccountRoot, kAccountRoot},
    HexField{kFactStateRoot, kStateRoot},
    HexField{kFactClock, kClockValue},
    HexField{"winner_id", kWinnerId},
    HexField{"winner_endpoint", kWinnerEndpoint},
    HexField{kFactBundlesRoot, kBundlesRoot},
    HexField{"reveals_root", kRevealsRoot},
    HexField{"control_root", kControlRoot},
    HexField{"target", kTarget, kTargetBytes},
    HexField{kFactLink, kPrevProposalHash, sizeof(Digest), true},
    HexField{"proposer", kProposer, sizeof(Digest), true},
    HexField{"signature", kSignature, kSignatureBytes, true},
};

// Values go into the arena; the views are made once it no longer moves.
class FactList {
 public:
  explicit FactList(Step& step) : step_(step) {
    size_t room = 4096;  // the names are constants: only values lie in the arena
    for (const HexField& field : kHexFields) room += 2 * field.size;
    step_.arena.clear();
    step_.arena.reserve(room);
  }

  void add(std::string_view name, const std::string& value, bool local) {
    step_.facts.push_back({name, keep(value), local});
  }
  std::string_view keep(const std::string& value) {
    const size_t at = step_.arena.size();
    step_.arena += value;
    return std::string_view(step_.arena).substr(at);
  }

 private:
  Step& step_;
};

std::string plural(size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string summary_of(const Envelope& envelope) {
  std::string text = "window " + std::to_string(envelope.window) + ": winner " +
                     to_hex(envelope.header.substr(kWinnerId, 4)) + "…, " +
                     plural(envelope.confirming.size(), "confirmer");
  const auto depth = static_cast<unsigned char>(envelope.header[kFallbackDepth]);
  if (depth > 1) text += ", fallback depth " + std::to_string(depth);
  return text;
}

}  // namespace

void fill_step(uint64_t window, Step& step) {
  const Envelope envelope = parse_envelope(step.text, window);
  step.number = window;
  step.kind = StepKind::kDelivery;
  step.delivery = step.text;
  step.facts_tell_delivery = true;
  step.facts.clear();
  FactList facts(step);
  const auto add_hex = [&](const HexField& field) {
    facts.add(field.name, to_hex(envelope.header.substr(field.at, field.size)), field.local);
  };
  size_t next = 0;
  while (!kHexFields[next].local) add_hex(kHexFields[next++]);
  facts.add("confirmers", std::to_string(envelope.confirming.size()), false);
  facts.add("version", std::to_string(read_u32(envelope.header, kVersion)), false);
  while (next < kHexFields.size()) add_hex(kHexFields[next++]);
  facts.add("fallback_depth",
            std::to_string(static_cast<unsigned char>(envelope.header[kFallbackDepth])), true);
  // A node archives the bundles that it happened to have of the window itself.
  facts.add("bundles", to_hex(bytes_of(sha256_digest({envelope.bundles}))), true);
  step.summary = facts.keep(summary_of(envelope));
}

}  // namespace recrank::montana
