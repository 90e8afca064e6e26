// Whether something shows often enough: at most `runs` tries, of which a share of `rate` must hit.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

namespace recrank {

// Says yes or no as soon as the tries that are left cannot change it.
//
//   RateJudge judge(0.5, 10);
//   while (!judge.answer()) judge.add(try_once());
class RateJudge {
 public:
  // 0 < rate <= 1, runs >= 1. At least one hit is needed, however low the rate.
  RateJudge(double rate, uint64_t runs) : runs_(runs) {
    // 0.3 * 10 is a little more than 3 in binary; that must not ask for a fourth hit.
    needed_ = static_cast<uint64_t>(std::ceil(rate * static_cast<double>(runs) - 1e-9));
    if (needed_ < 1) needed_ = 1;
  }

  void add(bool hit) { hit ? ++hits_ : ++misses_; }
  [[nodiscard]] std::optional<bool> answer() const {
    if (hits_ >= needed_) return true;
    if (misses_ + needed_ > runs_) return false;
    return std::nullopt;
  }
  [[nodiscard]] uint64_t hits() const { return hits_; }
  [[nodiscard]] uint64_t tries() const { return hits_ + misses_; }

 private:
  uint64_t runs_;
  uint64_t needed_ = 1;
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
};

}  // namespace recrank
