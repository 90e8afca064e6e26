// What a finding of the engine rests on besides the recording: the inputs of its cache.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "snapshot/step.h"

namespace recrank::stellar {

// The files "<seq>.xdr.zst" of one network.
class LedgerInputs {
 public:
  // `shown` stands for `directory` in what is said: "cdp/mainnet".
  LedgerInputs() = default;
  LedgerInputs(std::filesystem::path directory, std::string shown)
      : directory_(std::move(directory)), shown_(std::move(shown)) {}

  // The hash of a ledger as others have it; empty where it is not known.
  struct Hashes {
    std::string archive;   // as the engine says of its archive
    std::string computed;  // by the engine, which closed it
  };
  // That a finding at `step` is one: its input is whole, and that of the recorded ledger. A ledger
  // that was closed with the recorded hash needs no such look, for its hash covers its input.
  // Throws kInvalidData for damage, kUnsupported for another history or a file that is missing.
  void check(const Step& step, const Hashes& hashes) const;

 private:
  std::filesystem::path directory_;
  std::string shown_;
};

}  // namespace recrank::stellar
