// `recrank doctor`: what this machine can do, and how to mend what is missing.

#include "base/text.h"
#include "harness/cli/command.h"
#include "harness/console/exit_status.h"
#include "harness/engines/doctor.h"

namespace recrank {
namespace {

ArgumentSpec doctor_spec() {
  ArgumentSpec spec;
  spec.usage = "doctor";
  spec.about =
      "Tries what recrank needs of this machine: engines, sandbox, tracing, core files, rr. Each "
      "line\n"
      "says what is there; the line below it, how to mend it. \"limited\" hinders no replay; "
      "\"missing\"\n"
      "does, and makes the exit status 125.";
  spec.examples =
      "  recrank doctor\n"
      "  recrank doctor --json - | jq '.items[] | select(.state != \"ok\")'\n";
  return spec;
}

CommandResult run_doctor(const Arguments&, Context& context) {
  CommandResult result;
  Json items = Json::array();
  bool can_replay = true;
  constexpr size_t kNameWidth = 15;
  constexpr size_t kStateWidth = 9;
  const auto padded = [](std::string word, size_t width) {
    word.resize(std::max(width, word.size()), ' ');
    return word;
  };
  for (const DoctorProbe& probe : kDoctorProbes) {
    if (context.interrupt.requested()) break;
    const DoctorItem item = probe.examine(context.interrupt);
    if (item.state == DoctorState::kMissing) can_replay = false;
    Json json{
        {"name", probe.name}, {"state", to_string(item.state)}, {"what", printable(item.what)}};
    if (!item.remedy.empty()) json["remedy"] = printable(item.remedy);
    items.push_back(std::move(json));
    result.text += padded(std::string(probe.name), kNameWidth) +
                   padded(std::string(to_string(item.state)), kStateWidth) + printable(item.what) +
                   "\n";
    if (!item.remedy.empty()) {
      result.text +=
          std::string(kNameWidth + kStateWidth, ' ') + "-> " + printable(item.remedy) + "\n";
    }
  }
  result.exit_status = can_replay ? kExitClean : kExitUnjudged;
  if (context.interrupt.requested()) result.exit_status = kExitInterrupted;
  result.report = {
      {"schema", "recrank.doctor/1"}, {"can_replay", can_replay}, {"items", std::move(items)}};
  return result;
}

}  // namespace

std::string_view to_string(DoctorState state) {
  switch (state) {
    case DoctorState::kOk: return "ok";
    case DoctorState::kLimited: return "limited";
    case DoctorState::kMissing: return "missing";
  }
  return "unknown";
}

const Command kDoctorCommand{"doctor", "what this machine can do, and how to mend what is missing",
                             doctor_spec, run_doctor};

}  // namespace recrank
