// make_slog FILE [MIB [VATS [VAT STEP]]]: a slog of today's format of MIB (90) with VATS (30), made
// from nothing. With VAT and STEP ("v7" 41), that step has used one computron more.

#include <cstdio>
#include <cstdlib>

#include "tests/support/replay/slog_generator.h"

int main(int argc, char** argv) {
  const auto number = [&](int at, uint64_t fallback) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : fallback;
  };
  recrank::SlogHistory history{.vats = number(3, 30), .bytes = number(2, 90) << 20};
  if (argc > 5) history.twist = recrank::SlogTwist{.vat = argv[4], .step = number(5, 0)};
  if (argc < 2 || argc == 5 || history.vats == 0 || history.bytes == 0) {
    std::fprintf(stderr, "usage: make_slog FILE [MIB [VATS [VAT STEP]]]\n");
    return 129;
  }
  const recrank::WrittenSlog written = recrank::write_slog(argv[1], history);
  if (!history.twist || written.twisted) return 0;
  std::fprintf(stderr, "make_slog: the log has no delivery %s of %s\n", argv[5], argv[4]);
  return 1;
}
