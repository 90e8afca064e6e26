#include "harness/session/console_watch.h"

#include <algorithm>

namespace recrank {

void ConsoleWatch::on_console(const ConsoleLine& line) {
  if (line.run >= kRunsMax) return;
  const std::lock_guard lock(mutex_);
  Printed& printed = printed_[{std::string(line.subject_id), line.run, std::this_thread::get_id()}];
  printed.lines.push_back({line.step, std::string(line.text.substr(0, kLineBytesMax))});
  printed.bytes += printed.lines.back().text.size();
  const uint64_t oldest = line.step > kStepsBefore ? line.step - kStepsBefore : 0;
  while (printed.lines.size() > kLinesMax || printed.bytes > kBytesMax ||
         printed.lines.front().step < oldest) {
    ++printed.left_out[printed.lines.front().step];
    printed.bytes -= printed.lines.front().text.size();
    printed.lines.pop_front();
  }
  printed.left_out.erase(printed.left_out.begin(), printed.left_out.lower_bound(oldest));
}

ConsoleTail ConsoleWatch::before(const std::string& subject_id, uint64_t run, uint64_t step) const {
  const uint64_t oldest = step > kStepsBefore ? step - kStepsBefore : 0;
  const auto near = [&](uint64_t number) { return number >= oldest && number <= step; };
  const std::lock_guard lock(mutex_);
  ConsoleTail tail;
  for (const auto& [key, printed] : printed_) {
    if (std::get<0>(key) != subject_id || std::get<1>(key) != run) continue;
    for (const PrintedLine& line : printed.lines) {
      if (near(line.step)) tail.lines.push_back(line);
    }
    for (const auto& [number, count] : printed.left_out) {
      if (near(number)) tail.left_out += count;
    }
  }
  std::stable_sort(tail.lines.begin(), tail.lines.end(),
                   [](const PrintedLine& a, const PrintedLine& b) { return a.step < b.step; });
  return tail;
}

}  // namespace recrank
