// The slog of a small chain: two vats from its beginning, a third from block 3 on, three deliveries
// in each block. It can be told with accidents, after which it is still the same history.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/support/snapshot/slog_fixture.h"

namespace recrank {

//   SlogChain chain(SlogText::kOf2021);
//   chain.blocks(1, 4).lost(5, 6).restart(5).blocks(5, 8);
class SlogChain {
 public:
  explicit SlogChain(SlogText::Dialect dialect);

  SlogChain& blocks(uint64_t first, uint64_t last) { return run(first, last, ""); }
  // Blocks that nobody commits, with other deliveries than those that will be.
  SlogChain& lost(uint64_t first, uint64_t last) { return run(first, last, " lost"); }
  // Another process goes on with block `height`, which had begun already or is the next.
  SlogChain& restart(uint64_t height);
  // From now on the chain does otherwise.
  SlogChain& fork() {
    salt_ = " forked";
    return *this;
  }

  [[nodiscard]] const std::string& text() const { return log_.text; }

 private:
  struct Committed {
    uint64_t crank = 0;
    std::map<std::string, uint64_t> positions;
  };

  SlogChain& run(uint64_t first, uint64_t last, const std::string& salt);
  void commit(uint64_t height);  // what stands before it
  void create_third();

  SlogText::Dialect dialect_;
  SlogText log_;
  std::string salt_;
  std::map<std::string, std::string> names_;  // of the vats that are there
  std::map<uint64_t, Committed> committed_;
};

}  // namespace recrank
