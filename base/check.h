// RECRANK_CHECK(condition): stops the program when recrank itself is wrong. Stays on in release
// builds. Nothing that comes from outside (evidence, engines, arguments) may ever reach it.
#pragma once

namespace recrank {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace recrank

#define RECRANK_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::recrank::check_failed(#condition, __FILE__, __LINE__))
