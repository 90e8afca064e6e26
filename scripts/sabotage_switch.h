// Put before every file of the copy that scripts/sabotage builds: all planted changes are compiled
// into one program, and the environment says which one of them is on.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace recrank_sabotage {

// Which changes the running program came by: written to $RECRANK_SABOTAGE_REACHED at its end.
class Reached {
 public:
  ~Reached() {
    const char* path = std::getenv("RECRANK_SABOTAGE_REACHED");
    std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "a");
    if (file == nullptr) return;
    for (unsigned id = 0; id < seen_.size(); ++id) {
      if (seen_[id] != 0) std::fprintf(file, "%u\n", id);
    }
    std::fclose(file);
  }
  void note(unsigned id) {
    if (id < seen_.size()) seen_[id] = 1;
  }

 private:
  std::vector<char> seen_ = std::vector<char>(100'000);
};

inline bool on(unsigned id) {
  static Reached reached;
  static const unsigned chosen = [] {
    const char* text = std::getenv("RECRANK_SABOTAGE");
    return text == nullptr ? 0U : static_cast<unsigned>(std::atoi(text));
  }();
  reached.note(id);
  return id == chosen;
}

template <typename A, typename B>
constexpr bool less(unsigned id, const A& a, const B& b) {
  return on(id) ? a <= b : a < b;
}
template <typename A, typename B>
constexpr bool less_equal(unsigned id, const A& a, const B& b) {
  return on(id) ? a < b : a <= b;
}
template <typename A, typename B>
constexpr bool greater(unsigned id, const A& a, const B& b) {
  return on(id) ? a >= b : a > b;
}
template <typename A, typename B>
constexpr bool greater_equal(unsigned id, const A& a, const B& b) {
  return on(id) ? a > b : a >= b;
}
template <typename A, typename B>
constexpr bool equal(unsigned id, const A& a, const B& b) {
  return on(id) != (a == b);
}
template <typename A, typename B>
constexpr bool unequal(unsigned id, const A& a, const B& b) {
  return on(id) == (a == b);
}
template <typename A, typename B>
constexpr auto plus(unsigned id, const A& a, const B& b) {
  return on(id) ? a - b : a + b;
}
template <typename A, typename B>
constexpr auto minus(unsigned id, const A& a, const B& b) {
  return on(id) ? a + b : a - b;
}

}  // namespace recrank_sabotage
