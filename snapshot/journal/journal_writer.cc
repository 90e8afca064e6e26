// Format: docs/formats/journal.md
#include "snapshot/journal/journal_writer.h"

#include <nlohmann/json.hpp>
#include <string>

#include "base/atomic_file.h"
#include "base/check.h"
#include "base/text.h"
#include "snapshot/journal/dialect_names.h"
#include "snapshot/journal/journal.h"
#include "snapshot/journal/journal_line.h"

namespace recrank::program {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;

bool is_of_program(std::string_view era) { return era == kProcessDialect || era == kHttpDialect; }

std::string header_for(const Recording& recording, const std::string& subject_id) {
  nlohmann::ordered_json header{
      {"schema", kJournalSchema},
      {"subject", printable(find_subject(recording, subject_id).name, 200)}};
  if (recording.info().dialect == kHttpDialect) header["transport"] = "http";
  return header.dump();
}

// A call's own text is a request as a journal has it.
std::string line_of(const Step& step) {
  std::string line = "{\"event\":" + std::string(step.delivery);
  for (size_t i = 0; i < step.calls.size(); ++i) {
    line += i == 0 ? ",\"calls\":[" : ",";
    line += "{\"request\":" + std::string(step.calls[i].call) +
            ",\"response\":" + std::string(step.calls[i].answer) + "}";
  }
  if (!step.calls.empty()) line += "]";
  if (!step.expected_result.empty()) line += ",\"answer\":" + std::string(step.expected_result);
  return line + "}";
}

}  // namespace

bool journal_can_hold(const Recording& recording, const Checkpoint& start) {
  return is_of_program(recording.info().dialect) && start.kind == CheckpointKind::kGenesis &&
         start.next_step == 0;
}

void write_journal(const Recording& recording, const std::string& subject_id, uint64_t end_step,
                   const std::filesystem::path& to) {
  const RecordingInfo& info = recording.info();
  RECRANK_CHECK(is_of_program(info.dialect));
  // With a header the text of each step is its line.
  const bool lines = !info.preamble.empty();
  std::string text = (lines ? info.preamble : header_for(recording, subject_id)) + "\n";
  AtomicFile file(to);
  const auto stream = recording.steps(subject_id, {0, end_step});
  Step step;
  while (stream->next(step)) {
    text += lines ? step.text : line_of(step);
    text += '\n';
    if (text.size() < kChunkBytes) continue;
    file.write(text);
    text.clear();
  }
  file.write(text);
  file.commit();
}

}  // namespace recrank::program
