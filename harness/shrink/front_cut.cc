#include "harness/shrink/front_cut.h"

#include <map>

#include "base/check.h"

namespace recrank {
namespace {

class Cutting {
 public:
  Cutting(const std::function<FrontAnswer(size_t)>& probe, const FrontCutOptions& options)
      : probe_(probe), options_(options) {}

  FrontCut run(size_t places) {
    const std::optional<size_t> failed = go_back(places - 1);
    if (cut_.place && failed) halve(*failed);
    const bool last = cut_.place == places - 1;
    const auto behind = cut_.place ? answers_.find(*cut_.place + 1) : answers_.end();
    cut_.tight = last || (behind != answers_.end() && behind->second == FrontAnswer::kFails);
    return cut_;
  }

 private:
  // Ever longer strides back from the last place until one holds; gives the last one that did not.
  std::optional<size_t> go_back(size_t last) {
    std::optional<size_t> failed;
    for (size_t stride = 0;; stride = 2 * stride + 1) {
      const size_t place = stride < last && !spent() ? last - stride : 0;
      const FrontAnswer answer = ask(place);
      if (answer == FrontAnswer::kHolds) cut_.place = place;
      if (answer != FrontAnswer::kFails || place == 0) return failed;
      failed = place;
    }
  }

  // Between one that holds and one behind it that does not.
  void halve(size_t failed) {
    while (failed - *cut_.place > 1 && !spent()) {
      const size_t middle = *cut_.place + (failed - *cut_.place) / 2;
      const FrontAnswer answer = ask(middle);
      if (answer == FrontAnswer::kInterrupted) return;
      (answer == FrontAnswer::kHolds ? *cut_.place : failed) = middle;
    }
  }

  bool spent() {
    const bool now = cut_.probes >= options_.probes_max || options_.out_of_time();
    cut_.out_of_budget = cut_.out_of_budget || now;
    return now;
  }

  FrontAnswer ask(size_t place) {
    ++cut_.probes;
    const FrontAnswer answer = probe_(place);
    cut_.interrupted = answer == FrontAnswer::kInterrupted;
    answers_[place] = answer;
    return answer;
  }

  const std::function<FrontAnswer(size_t)>& probe_;
  const FrontCutOptions& options_;
  FrontCut cut_;
  std::map<size_t, FrontAnswer> answers_;
};

}  // namespace

FrontCut cut_front(size_t places, const std::function<FrontAnswer(size_t)>& probe,
                   const FrontCutOptions& options) {
  RECRANK_CHECK(places > 0);
  return Cutting(probe, options).run(places);
}

}  // namespace recrank
