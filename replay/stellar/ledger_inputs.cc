#include "replay/stellar/ledger_inputs.h"

#include <system_error>
#include <utility>

#include "base/error.h"
#include "snapshot/stellar/ledger_facts.h"
#include "snapshot/stellar/ledger_input.h"

namespace recrank::stellar {
namespace {

std::string_view recorded(const Step& step, std::string_view name) {
  for (const NamedFact& fact : step.facts) {
    if (fact.name == name) return fact.value;
  }
  return {};
}

[[noreturn]] void other_history(const std::string& place, const std::string& name,
                                const std::string& there, const std::string& whose,
                                const std::string& other) {
  throw Error(ErrorCode::kUnsupported, place + ": it is the input of another history: there " +
                                           name + " is " + there + ", " + whose + " " + other);
}

// What goes into a ledger, and is told by both.
void compare_inputs(const std::string& place, const LedgerFacts& facts, const Step& step) {
  for (const auto& [name, value] : facts) {
    const bool is_input = name == "prev_hash" || name == "tx_set_hash" || name == kCloseTime;
    const std::string_view other = is_input ? recorded(step, name) : std::string_view();
    if (!other.empty() && other != value) {
      other_history(place, std::string(name), value, "recorded", std::string(other));
    }
  }
}

}  // namespace

void LedgerInputs::check(const Step& step, const Hashes& hashes) const {
  const std::string name = std::to_string(step.number) + ".xdr.zst";
  const std::string place = shown_ + "/" + name;
  std::error_code error;
  if (!std::filesystem::is_regular_file(directory_ / name, error)) {
    throw Error(ErrorCode::kUnsupported, "the cache has no " + place);
  }
  LedgerInput input;
  try {
    input = read_ledger_input(directory_ / name, step.number, place);
  } catch (const Error& failure) {
    // A batch of several ledgers can only be read by who knows every transaction: not looked at.
    if (failure.code() == ErrorCode::kUnsupported) return;
    throw;
  }
  compare_inputs(place, facts_of_header(input.header, input.ledger_hash), step);
  // What else goes into a ledger, its upgrades, is told by the hash alone: the archive's, where
  // that is known. One that the engine came to as well is the input's own, whatever was recorded.
  const bool of_archive = !hashes.archive.empty();
  const std::string expected =
      of_archive ? hashes.archive : std::string(recorded(step, kLedgerHash));
  if (input.ledger_hash == expected || expected.empty()) return;
  if (!of_archive && input.ledger_hash == hashes.computed) return;
  other_history(place, std::string(kLedgerHash), input.ledger_hash,
                of_archive ? "in the archive" : "recorded", expected);
}

}  // namespace recrank::stellar
