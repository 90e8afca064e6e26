// Format: docs/formats/journal.md
#include "snapshot/journal_writer.h"

#include <nlohmann/json.hpp>
#include <string>

#include "base/atomic_file.h"
#include "base/check.h"
#include "base/text.h"
#include "snapshot/journal.h"
#include "snapshot/journal_line.h"

namespace recrank {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;

std::string header_for(const Recording& recording) {
  const nlohmann::ordered_json header{
      {"schema", kJournalSchema},
      {"subject", printable(find_subject(recording, kProgramSubject).name, 200)}};
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
  return line + (step.calls.empty() ? "}" : "]}");
}

}  // namespace

void write_journal(const Recording& recording, uint64_t end_step, const std::filesystem::path& to) {
  const RecordingInfo& info = recording.info();
  RECRANK_CHECK(is_journal_of_events(info.kind));
  const bool bare = info.journal_header.empty();
  std::string text = (bare ? header_for(recording) : info.journal_header) + "\n";
  AtomicFile file(to);
  const auto stream = recording.steps(kProgramSubject, {0, end_step});
  Step step;
  while (stream->next(step)) {
    text += bare ? line_of(step) : step.text;
    text += '\n';
    if (text.size() < kChunkBytes) continue;
    file.write(text);
    text.clear();
  }
  file.write(text);
  file.commit();
}

}  // namespace recrank
