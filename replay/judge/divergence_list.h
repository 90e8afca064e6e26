// The divergences of one replay, bounded.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/verdict.h"

namespace recrank {

// Enough for anybody to read; beyond it they are only counted.
inline constexpr size_t kDivergencesMax = 1000;
// Of so many it is looked for where the two values differ: a report shows no more of them as text.
inline constexpr size_t kDifferencesMax = 100;
// Of each value so much is kept: a call may be as large as a frame. Cut values keep the place where
// the two first differ.
inline constexpr size_t kDivergenceValueBytesMax = 16 * 1024;

class DivergenceList {
 public:
  // What strings of the values hold: a difference is looked for inside of them.
  void read_strings_by(InnerJson inner) { inner_ = std::move(inner); }
  // `fact` with kFact: its name.
  void add(uint64_t step, Field field, std::optional<uint64_t> index, std::string_view expected,
           std::string_view got, std::string_view fact = {});
  // The calls around the one that was added last.
  void show_calls(std::vector<CallRow> rows) { listed_.back().calls = std::move(rows); }
  // Those of another list, of which `count` were met.
  void append(const std::vector<Divergence>& listed, uint64_t count);

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] const std::vector<Divergence>& listed() const { return listed_; }

 private:
  InnerJson inner_;
  std::vector<Divergence> listed_;
  uint64_t count_ = 0;
};

// `a` and `b`, each at most kDivergenceValueBytesMax and a mark; longer ones are cut around the
// first byte in which they differ.
void cut_around_difference(std::string_view a, std::string_view b, std::string& a_cut,
                           std::string& b_cut);

}  // namespace recrank
