#include "replay/judge/perturber.h"

#include <string>
#include <utility>

#include "base/fd.h"
#include "base/scratch_dir.h"
#include "replay/judge/step_end.h"

namespace recrank {
namespace {

Verdict ended_while(const char* doing, const StepOutcome& outcome, uint64_t step) {
  Verdict verdict = verdict_of_end(outcome, step);
  const std::string where =
      std::string(doing) + " after step " + std::to_string(step) + ", which was not recorded";
  verdict.detail += (verdict.detail.empty() ? "" : "; ") + where;
  return verdict;
}

}  // namespace

std::optional<Verdict> Perturber::after(uint64_t step) {
  if (perturbation_.empty() || !seat_.running()) return std::nullopt;
  if (perturbation_.write_heap_after.holds(step)) {
    if (std::optional<Verdict> ended = write_heap(step)) return ended;
  }
  return perturbation_.reload_after.holds(step) ? reload(step) : std::nullopt;
}

std::optional<Verdict> Perturber::write_heap(uint64_t step) {
  std::string sha256;
  const StepOutcome outcome = seat_.run().write_snapshot(sha256);
  if (!std::holds_alternative<StepDone>(outcome)) {
    return ended_while("while its heap was written", outcome, step);
  }
  ++heaps_written_;
  return std::nullopt;
}

std::optional<Verdict> Perturber::reload(uint64_t step) {
  const ScratchDir scratch;  // the nameless file outlives it
  UniqueFd heap = open_nameless(scratch.path());
  const StepOutcome outcome = seat_.run().write_checkpoint(heap.get());
  if (!std::holds_alternative<StepDone>(outcome)) {
    return ended_while("while its heap was written for a reload", outcome, step);
  }
  ++reloads_;
  std::optional<Verdict> failed =
      seat_.start_from(std::move(heap), "reload-" + std::to_string(step), step);
  if (failed) {
    failed->detail += (failed->detail.empty() ? "" : "; ");
    failed->detail += "in the reload after step " + std::to_string(step);
  }
  return failed;
}

std::string describe(const Perturber& perturber) {
  const auto counted = [](uint64_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
  };
  std::string text;
  if (perturber.heaps_written() > 0) {
    text = counted(perturber.heaps_written(), "extra heap written", "extra heaps written");
  }
  if (perturber.reloads() > 0) {
    if (!text.empty()) text += ", ";
    text += counted(perturber.reloads(), "reload", "reloads");
  }
  return text;
}

}  // namespace recrank
