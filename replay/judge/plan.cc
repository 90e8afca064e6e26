// Which checkpoint and which steps a request comes to, before anything runs.
#include <algorithm>
#include <functional>

#include "base/error.h"
#include "base/log.h"
#include "replay/dialect.h"
#include "replay/judge/replay.h"

namespace recrank {
namespace {

std::string step_range_text(StepRange range) {
  return std::to_string(range.begin) + ".." + std::to_string(range.end - 1);
}

// The held range that contains `step`.
std::optional<StepRange> held_range(const Subject& subject, uint64_t step) {
  for (const StepRange& held : subject.held) {
    if (held.contains(step)) return held;
  }
  return std::nullopt;
}

std::vector<Checkpoint> available_checkpoints(const Recording& recording, const std::string& id) {
  std::vector<Checkpoint> all = recording.checkpoints(id);
  std::erase_if(all, [](const Checkpoint& c) { return !c.available; });
  return all;
}

// "--supervisor, --lockdown"
std::string told_options(const ReplayRequest& request) {
  std::string words;
  for (const NamedText& each : request.user_setup.all()) {
    words += (words.empty() ? "--" : ", --") + each.name;
  }
  return words;
}

// A text that is passed over at every fresh start would look as if it had been tried.
void refuse_untold(const Recording& recording, const ReplayRequest& request,
                   const std::vector<Checkpoint>& checkpoints, StepRange range) {
  NamedTexts left = request.user_setup;
  for (const Checkpoint& each : checkpoints) {
    if (left.empty() || !range.contains(each.next_step)) continue;
    Setup setup = recording.setup(request.subject_id, each.next_step);
    dialect_of(recording).lay_over(setup, request.user_setup);
    for (const NamedText& told : setup.all()) {
      if (left.get(told.name) == told.text) left.drop(told.name);
    }
  }
  if (left.empty()) return;
  const std::string& name = left.all().front().name;
  throw Error(ErrorCode::kUsage, recording.info().path + ": " + request.subject_id + ": --" + name +
                                     ": the recording holds its own, which is used: leave --" +
                                     name + " out");
}

std::string held_text(const Subject& subject) {
  std::string text;
  for (const StepRange& held : subject.held) {
    text += (text.empty() ? "" : ", ") + step_range_text(held);
  }
  return text.empty() ? "none" : text;
}

// "0..361 (from genesis), 3034..4000 (from snapshot@3034)", so that the next request can be right.
std::string reachable_text(const Subject& subject, const std::vector<Checkpoint>& checkpoints) {
  std::string text;
  for (const StepRange& held : subject.held) {
    const auto first = std::find_if(checkpoints.begin(), checkpoints.end(),
                                    [&](const auto& c) { return held.contains(c.next_step); });
    if (first == checkpoints.end()) continue;
    text += (text.empty() ? "" : ", ") + step_range_text({first->next_step, held.end}) + " (from " +
            first->label() + ")";
  }
  return text.empty() ? "none" : text;
}

// What is known while a plan is made, and how its failures are worded.
struct Planner {
  const Recording& recording;
  const ReplayRequest& request;
  const Subject& subject;
  std::vector<Checkpoint> checkpoints;  // available ones, by next_step

  [[noreturn]] void fail(ErrorCode code, const std::string& what) const {
    const std::string told = told_options(request);
    const std::string why =
        told.empty() ? "" : " (" + told + " is told to fresh engines only, and a heap has its own)";
    throw Error(code,
                recording.info().path + ": " + subject.id + ": " + what + why +
                    "; steps held: " + held_text(subject) +
                    "; steps that a replay can reach: " + reachable_text(subject, checkpoints));
  }

  // What was lost of the asked steps is a finding about the evidence, and no fault of who asks:
  // else a history would silently end where its rest is gone.
  void refuse_lost() const {
    const MissingSteps* lost = subject.lost_in(asked_steps(request));
    if (lost == nullptr) return;
    throw Error(ErrorCode::kInvalidData,
                "the evidence is damaged: " + lost->damaged_place + ": " + lost->why +
                    " (take another copy of it); steps held: " + held_text(subject) +
                    "; steps that a replay can reach: " + reachable_text(subject, checkpoints));
  }

  // kUsage when the user named a step, kUnsupported when the evidence alone cannot be reached.
  [[nodiscard]] ErrorCode unreachable() const {
    const bool asked = request.from || request.to || request.from_genesis;
    return asked || needs_fresh_engine(request) ? ErrorCode::kUsage : ErrorCode::kUnsupported;
  }

  // The checkpoint that satisfies `wanted` among those in [begin, last]: the nearest to `last`, or
  // the earliest.
  [[nodiscard]] std::optional<Checkpoint> choose(
      uint64_t begin, uint64_t last, bool nearest,
      const std::function<bool(const Checkpoint&)>& wanted) const {
    std::optional<Checkpoint> chosen;
    for (const Checkpoint& checkpoint : checkpoints) {
      if (checkpoint.next_step < begin || checkpoint.next_step > last) continue;
      if (!wanted(checkpoint)) continue;
      if (!chosen || nearest) chosen = checkpoint;
    }
    return chosen;
  }

  [[nodiscard]] uint64_t last_step() const {
    const uint64_t last = subject.held.back().end - 1;
    const uint64_t to = request.to.value_or(last);
    if (!held_range(subject, to)) {
      fail(ErrorCode::kUsage, "step " + std::to_string(to) + " is not held");
    }
    if (request.from && *request.from > to) {
      fail(ErrorCode::kUsage,
           "the range " + std::to_string(*request.from) + ".." + std::to_string(to) + " is empty");
    }
    return to;
  }

  [[nodiscard]] Checkpoint start_for(StepRange held, uint64_t to) const;
};

bool any_checkpoint(const Checkpoint&) { return true; }
bool is_genesis(const Checkpoint& c) { return c.kind == CheckpointKind::kGenesis; }

Checkpoint Planner::start_for(StepRange held, uint64_t to) const {
  // All steps from the checkpoint to `to` must be held, so it lies in the same held range.
  std::optional<Checkpoint> start;
  if (request.from) {
    const uint64_t from = *request.from;
    if (!held.contains(from)) {
      fail(ErrorCode::kUsage, held_range(subject, from)
                                  ? "not all steps of " + std::to_string(from) + ".." +
                                        std::to_string(to) + " are held"
                                  : "step " + std::to_string(from) + " is not held");
    }
    start = choose(held.begin, from, true, request.from_genesis ? is_genesis : any_checkpoint);
  } else if (request.from_genesis) {
    start = choose(held.begin, to, false, is_genesis);
  } else {
    start = choose(held.begin, to, false,
                   [](const Checkpoint& c) { return c.only_when_asked.empty(); });
    if (!start) start = choose(held.begin, to, false, any_checkpoint);
    if (start && !start->only_when_asked.empty()) {
      throw Error(ErrorCode::kUnsupported,
                  recording.info().path + ": " + subject.id + ": " + start->only_when_asked);
    }
  }
  if (start) return *start;
  const std::string what = request.from_genesis ? "the beginning of a worker" : "any checkpoint";
  fail(unreachable(),
       "step " + std::to_string(request.from.value_or(to)) + " cannot be reached from " + what);
}

}  // namespace

std::vector<Checkpoint> startable_checkpoints(const Recording& recording,
                                              const ReplayRequest& request) {
  std::vector<Checkpoint> all = available_checkpoints(recording, request.subject_id);
  if (needs_fresh_engine(request)) {
    std::erase_if(all, [](const Checkpoint& c) { return has_bytes(c.kind); });
  }
  return all;
}

ReplayPlan plan_replay(const Recording& recording, const ReplayRequest& request) {
  const Subject& subject = find_subject(recording, request.subject_id);
  const Planner planner{recording, request, subject, startable_checkpoints(recording, request)};
  planner.refuse_lost();
  if (subject.held.empty() || !subject.not_replayable.empty()) {
    throw Error(
        ErrorCode::kUnsupported,
        recording.info().path + ": " + subject.id + ": " +
            (subject.not_replayable.empty() ? "no step of it is held" : subject.not_replayable));
  }
  const uint64_t to = planner.last_step();
  const Checkpoint start = planner.start_for(*held_range(subject, to), to);
  refuse_untold(recording, request, planner.checkpoints, {start.next_step, to + 1});
  RECRANK_LOG(kInfo, "judge", "planned", {"subject", subject.id}, {"checkpoint", start.label()},
              {"from", start.next_step}, {"to", to});
  return ReplayPlan{{start.next_step, to + 1}, start};
}

StepRange asked_steps(const ReplayRequest& request) {
  return {request.from.value_or(0), request.to && *request.to < kNoEnd ? *request.to + 1 : kNoEnd};
}

std::vector<ReplayPlan> split_plan(const Recording& recording, const std::string& subject_id,
                                   const ReplayPlan& plan, size_t parts_max) {
  std::vector<Checkpoint> cuts = available_checkpoints(recording, subject_id);
  std::erase_if(cuts, [&](const Checkpoint& c) {
    return c.next_step <= plan.range.begin || c.next_step >= plan.range.end;
  });
  std::vector<ReplayPlan> parts{plan};
  const uint64_t steps = plan.range.end - plan.range.begin;
  for (size_t k = 1; k < parts_max && !cuts.empty(); ++k) {
    const uint64_t ideal = plan.range.begin + static_cast<uint64_t>(static_cast<double>(steps) *
                                                                    static_cast<double>(k) /
                                                                    static_cast<double>(parts_max));
    const auto distance = [&](const Checkpoint& c) {
      return c.next_step < ideal ? ideal - c.next_step : c.next_step - ideal;
    };
    const Checkpoint cut = *std::min_element(
        cuts.begin(), cuts.end(),
        [&](const Checkpoint& a, const Checkpoint& b) { return distance(a) < distance(b); });
    if (cut.next_step <= parts.back().range.begin) continue;
    parts.push_back(ReplayPlan{{cut.next_step, parts.back().range.end}, cut});
    parts[parts.size() - 2].range.end = cut.next_step;
  }
  return parts;
}

}  // namespace recrank
