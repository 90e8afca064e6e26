#include "harness/request/replay_options.h"

#include "base/error.h"
#include "base/text.h"
#include "harness/request/option_table.h"

namespace recrank {

void check_range(const ReplayRequest& request) {
  if (!request.from || !request.to || *request.from <= *request.to) return;
  throw Error(ErrorCode::kUsage, "--from " + std::to_string(*request.from) + " is behind --to " +
                                     std::to_string(*request.to));
}

ReplayRequest request_from(const OptionValues& options) {
  ReplayRequest request;
  for (const ReplayOption& option : replay_options()) {
    const auto given = options.find(option.name);
    if (given && option.read != nullptr) option.read(*given, request);
  }
  check_range(request);
  return request;
}

std::string engine_words_of(const std::string& engine_name) {
  return " --engine " + shell_quote(engine_name);
}

std::string reproduce_command(const ReplayCall& call, const std::string& subject_id,
                              const std::string& engine_words, const ReplayPlan& plan,
                              uint64_t step, const std::string& compare) {
  std::string command = "recrank replay " + shell_quote(call.recording) + " --vat " +
                        shell_quote(subject_id) + engine_words + " --from " +
                        std::to_string(plan.range.begin) + " --to " + std::to_string(step);
  OptionValues options = call.options;
  if (!compare.empty()) options.set("compare", compare);
  for (const ReplayOption& option : replay_options()) {
    const auto given = options.find(option.name);
    const std::string word = " --" + std::string(option.name);
    if (!given || !option.in_reproducer()) continue;
    if (engine_words.find(word + " ") != std::string::npos) continue;
    command += option.value.empty() ? word : word + " " + shell_quote(given->text);
  }
  return command;
}

}  // namespace recrank
