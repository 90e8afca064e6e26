// make_montana DIR [WINDOWS [NODES [WRONG]]]: a Montana data directory with tables of window 4 and
// WINDOWS (10,000) more to replay, made from the rules. Window WRONG claims another node root than
// its tables have, as a node with a fault of its own would.

#include <cstdio>
#include <cstdlib>

#include "tests/support/snapshot/montana_generator.h"

int main(int argc, char** argv) {
  constexpr uint64_t kSaved = 4;
  const auto number = [&](int at, uint64_t fallback) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : fallback;
  };
  const uint64_t windows = number(2, 10'000);
  const uint64_t nodes = number(3, 10);
  const uint64_t wrong = number(4, 0);
  if (argc < 2 || windows == 0 || nodes == 0 || (wrong != 0 && wrong <= kSaved)) {
    std::fprintf(stderr, "usage: make_montana DIR [WINDOWS [NODES [WRONG]]]\n");
    return 129;
  }
  recrank::MontanaGenerator generator(argv[1], {.nodes = nodes, .accounts = nodes});
  generator.run(kSaved).save();
  recrank::MontanaTwist twist;
  for (uint64_t i = 0; i < windows; ++i) {
    twist.node_root.reset();
    if (generator.window() + 1 == wrong) twist.node_root = recrank::sha256_digest({"wrong"});
    generator.run(1, twist);
  }
  return 0;
}
