// What was under way in a server, from its journal of spans (docs/formats/app-journal.md).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "snapshot/journal/app_journal_line.h"

namespace recrank::program {

// More open spans than a sound server has; those of before are forgotten then, and counted.
inline constexpr size_t kOpenSpansMax = 10'000;

struct OpenSpan {
  std::string name;    // "tool-call"
  std::string detail;  // "run_shell"; a model; empty: nothing to tell
  std::string parent;
  std::string turn;
  std::string conversation;
  uint64_t opened_ms = 0;
  uint64_t order = 0;  // of their opening
};

// Takes the records in their order. Memory: the open spans, each without its body. One thread.
class OpenSpans {
 public:
  void take(const AppRecord& record);
  void clear();
  [[nodiscard]] size_t count() const { return spans_.size(); }
  // In the order of their opening: a parent before what it holds.
  [[nodiscard]] std::vector<OpenSpan> list() const;
  // The last sample of memory, as its attributes say it: "rssMB 116, heapUsedMB 41"; empty: none.
  [[nodiscard]] const std::string& memory() const { return memory_; }
  [[nodiscard]] uint64_t memory_ms() const { return memory_ms_; }
  // The innermost ones: "tool-call run_shell, provider.request deepseek-v4-flash"; each name once.
  [[nodiscard]] std::string innermost() const;

 private:
  std::map<std::string, OpenSpan> spans_;
  uint64_t opened_ = 0;
  std::string memory_;
  uint64_t memory_ms_ = 0;
};

// A server begins, or says that it is about to end.
[[nodiscard]] bool says_booted(const AppRecord& record);
[[nodiscard]] bool says_shutting_down(const AppRecord& record);

}  // namespace recrank::program
