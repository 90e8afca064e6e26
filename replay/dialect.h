// What general code may assume of the steps of one kind of machine, apply to its engine, and say.
//
// The judge, free runs, variations, controls and reports ask a Dialect and never which system it is
// of. As it stands the class is a dialect of which nothing is known but that steps go in and
// answers come out; a system overrides what is otherwise for its own (replay/<system>/).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/interrupt.h"
#include "replay/difference/difference.h"
#include "replay/engine.h"
#include "replay/known_answers.h"
#include "replay/recorded_failure.h"
#include "replay/step_matter.h"
#include "replay/telemetry.h"
#include "replay/verdict.h"
#include "snapshot/recording.h"

namespace recrank {

// An option of the engine that moves memory about and, by the engine's contract, nothing else.
struct HarmlessOption {
  std::string_view name;            // empty: there is none
  std::span<const uint64_t> first;  // values that are tried first
  uint64_t least = 0;               // others: least + step * n, n from 1 to `choices`
  uint64_t step = 0;
  uint64_t choices = 0;
  std::string_view words;  // "parser buffer"
  std::string_view unit;   // "kB"
};

// Which harmless changes can be made to how its steps are run.
struct Variations {
  bool writes_state = false;  // the state can be written and thrown away behind any step
  bool collects = false;      // and writing it collects garbage
  bool reloads = false;       // another process can go on from a state that was written
  HarmlessOption option = {};

  [[nodiscard]] bool any() const { return writes_state || reloads || !option.name.empty(); }
};

// Immutable and stateless; any thread.
class Dialect {
 public:
  virtual ~Dialect() = default;

  // As recordings, engines and reports spell it: "xsnap-2024".
  [[nodiscard]] virtual std::string_view name() const = 0;

  // -- What is recorded of a step --

  // Its recorder writes down how each step ended and what it cost, and takes back what failed.
  [[nodiscard]] virtual bool records_ends() const { return false; }
  // A call that every recorder answers with ["ok",null].
  [[nodiscard]] virtual bool answered_with_null(std::string_view /*call*/) const { return false; }
  // What the text of a recorded failure means: as it stands, an error that the subject answered.
  [[nodiscard]] virtual RecordedFailure read_failure(std::string_view text) const;
  // The recording ends inside the step: it says so by the end of the engine, or cannot tell. An
  // engine that does more than is recorded then has lived on, and has not diverged in a call.
  [[nodiscard]] bool record_ends_inside(const Step& step) const;
  // What a step asks for, for people: as it stands, its summary or its bytes. kInvalidData where
  // the bytes cannot be read.
  [[nodiscard]] virtual std::string describe(const Step& step) const;
  // What it asks for in parts, what it names and what of its store it touches, as far as the text
  // tells; never throws, whatever that is.
  [[nodiscard]] virtual StepMatter matter_of(const Step& /*step*/) const { return {}; }
  // What a string within a call, an answer or a step holds, where it is JSON of its own: a
  // difference is looked for inside. As it stands, a string is a string.
  [[nodiscard]] virtual std::optional<std::string> inner_json(std::string_view /*text*/) const {
    return std::nullopt;
  }
  // What of earlier steps the step, or `call` in it, answers to: whose result a promise is. Lines
  // for people; empty: the recording does not tell. Never throws.
  [[nodiscard]] virtual std::vector<std::string> what_led_to(const Recording& /*recording*/,
                                                             const std::string& /*subject_id*/,
                                                             uint64_t /*step*/,
                                                             std::string_view /*call*/) const {
    return {};
  }
  // The figures of the engine's meter in a step, by name; empty: it has none.
  [[nodiscard]] virtual MeterFigures meter_figures(std::string_view /*meter*/) const { return {}; }

  // -- What engines are told --

  // What the user knows better, or where nobody else does, over what is recorded.
  virtual void lay_over(Setup& recorded, const Setup& user) const {
    if (!user.label.empty()) recorded.label = user.label;
    recorded.NamedTexts::lay_over(user);
  }
  // Fills what is not known with what the live recorder sends by default; says what.
  [[nodiscard]] virtual std::vector<std::string> assume_defaults(Setup& /*setup*/) const {
    return {};
  }
  // The texts of a setup that are programs of their own: a report names which of them ran.
  [[nodiscard]] virtual std::span<const std::string_view> bundle_names() const { return {}; }
  // A start that failed may be the fault of texts that the setup lacks: the options that give them,
  // "--vat-parameters, --cache-size"; empty: none does.
  [[nodiscard]] virtual std::string lacking_options(const Setup& /*setup*/) const { return {}; }

  // Its engines give up by themselves far below the memory that they usually may take (Limits), so
  // that what they do under it is no want of memory.
  [[nodiscard]] virtual bool bounds_its_memory() const { return false; }

  // -- How steps can be run otherwise --

  // A step that makes a fresh engine the subject, and is never left out.
  [[nodiscard]] virtual bool begins_subject(const Step& /*step*/) const { return false; }
  // Behind such a step the recorder collected garbage: a state that is written there changes
  // nothing of what is recorded.
  [[nodiscard]] virtual bool at_rest(const Step& /*step*/) const { return false; }
  [[nodiscard]] virtual Variations variations() const { return {}; }
  // Why variations() has none, in a clause.
  [[nodiscard]] virtual std::string_view why_no_variations() const {
    return "its state cannot be written or reloaded, and its engine has no option that moves "
           "memory";
  }
  // What an engine's Run::write_checkpoint() writes.
  [[nodiscard]] virtual CheckpointKind written_checkpoint() const {
    return CheckpointKind::kTables;
  }
  // What the recording proves about answers, for runs of steps in another order. Throws what the
  // recording throws, kUnsupported where recorded answers contradict each other.
  [[nodiscard]] virtual std::unique_ptr<KnownAnswers> gather_answers(
      const Recording& recording, const std::string& subject_id, const Checkpoint& checkpoint,
      uint64_t last, const Interrupt& interrupt) const {
    return gather_recorded_answers(recording, subject_id, checkpoint, last, interrupt);
  }
};

// What find_difference() asks of the dialect, which outlives it.
[[nodiscard]] inline InnerJson inner_json_of(const Dialect& dialect) {
  return [&dialect](std::string_view text) { return dialect.inner_json(text); };
}

// The dialect of that name; kUnsupported that lists what there is (replay/system.h).
[[nodiscard]] const Dialect& dialect_named(std::string_view name);
[[nodiscard]] inline const Dialect& dialect_of(const Recording& recording) {
  return dialect_named(recording.info().dialect);
}

}  // namespace recrank
