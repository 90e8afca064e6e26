#include "tests/support/snapshot/slog_chain.h"

namespace recrank {
namespace {

constexpr uint64_t kThirdFrom = 3;
constexpr uint64_t kSavesEvery = 2;

}  // namespace

SlogChain::SlogChain(SlogText::Dialect dialect) : dialect_(dialect), log_(dialect) {
  log_.process();
  names_ = {{"v1", "alice"}, {"v2", "bob"}};
  for (const auto& [vat, name] : names_) {
    log_.create(vat, name);
    if (dialect_ == SlogText::kOf2024) log_.start_vat(vat);
    if (dialect_ != SlogText::kOf2024) log_.replay(vat, 0);
  }
  commit(1);
}

void SlogChain::commit(uint64_t height) {
  Committed& now = committed_[height];
  now.crank = log_.crank;
  now.positions.clear();
  for (const auto& [vat, name] : names_) now.positions[vat] = log_.position(vat);
}

void SlogChain::create_third() {
  names_["v3"] = "";
  log_.roll_back(log_.crank, {{"v3", 0}}).create("v3", "");
  if (dialect_ == SlogText::kOf2024) log_.start_vat("v3");
}

SlogChain& SlogChain::run(uint64_t first, uint64_t last, const std::string& salt) {
  for (uint64_t height = first; height <= last; ++height) {
    log_.block(height);
    if (height == kThirdFrom) create_third();
    const char* const third = height < kThirdFrom ? "v2" : "v3";
    for (const char* const vat : {"v1", height % 2 == 0 ? "v2" : "v1", third}) {
      const std::string what = "m" + std::to_string(log_.crank) + salt + salt_;
      log_.deliver(vat, what, {{"get", std::to_string(height)}}, 100 + log_.crank);
    }
    const bool saves = dialect_ == SlogText::kOf2024 && height % kSavesEvery == 0;
    if (saves) log_.save("v1", (salt.empty() ? "a" : "b") + std::to_string(height));
    commit(height + 1);
  }
  return *this;
}

SlogChain& SlogChain::restart(uint64_t height) {
  const Committed from = committed_.at(height);
  log_.roll_back(from.crank, from.positions).process();
  if (!from.positions.contains("v3")) names_.erase("v3");
  for (const auto& [vat, name] : names_) {
    log_.create(vat, name).replay(vat, from.positions.at(vat));
  }
  return *this;
}

}  // namespace recrank
