// Any bytes as a server's journal of spans, up to the first zero byte as the file rotated before
// it.

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/journal/app_journal.h"

namespace {

void write(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// All that its steps say, or how far that went.
std::vector<std::string> read_steps(const recrank::Recording& recording) {
  std::vector<std::string> told;
  const recrank::Subject& subject = recording.subjects().front();
  for (const recrank::StepRange held : subject.held) {
    const auto stream = recording.steps(subject.id, held);
    recrank::Step step;
    try {
      while (stream->next(step)) {
        if (step.number != told.size() || step.calls.empty()) std::abort();
        std::string& all = told.emplace_back(step.delivery);
        for (const recrank::ExpectedCall& call : step.calls) {
          all += '\n' + std::string(call.call) + '\n' + std::string(call.answer);
        }
      }
    } catch (const recrank::Error& error) {  // a body that is no text, for one
      told.emplace_back(error.what());
      continue;
    }
    if (told.size() != subject.held_count()) std::abort();
  }
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const recrank::ScratchDir scratch;
  const std::filesystem::path file = scratch.path() / "app.ndjson";
  const std::filesystem::path rotated = scratch.path() / "app.ndjson.1";
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t zero = bytes.find('\0');
  std::filesystem::remove(rotated);
  if (zero != std::string_view::npos) write(rotated, bytes.substr(0, zero));
  write(file, zero == std::string_view::npos ? bytes : bytes.substr(zero + 1));
  try {
    const auto recording = recrank::program::open_app_journal(file, "app.ndjson");
    if (read_steps(*recording) != read_steps(*recording)) std::abort();
    static_cast<void>(recording->verify({}));
  } catch (const recrank::Error&) {
    return 0;
  }
  return 0;
}
