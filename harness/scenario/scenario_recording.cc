#include "harness/scenario/scenario_recording.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/unfinished.h"
#include "harness/engines/child_command.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr auto kLockPoll = std::chrono::milliseconds(100);
constexpr size_t kSaidBytes = 4000;  // of what a command said, for its last line
constexpr size_t kShownBytes = 400;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

FoundRecording missing(const std::string& why) { return {{}, why, false}; }
FoundRecording interrupted() { return {{}, "interrupted", true}; }

// Held until the descriptor is closed. nullopt: the interrupt was requested.
std::optional<UniqueFd> lock_directory(const fs::path& directory, const Interrupt& interrupt) {
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) throw_errno(directory.string(), errno);
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) throw_errno("locking " + directory.string(), errno);
    if (interrupt.requested()) return std::nullopt;
    std::this_thread::sleep_for(kLockPoll);
  }
  return fd;
}

// Whether the file is the one that is meant; else why not.
std::string check_sha256(const fs::path& file, const std::string& sha256) {
  if (sha256.empty()) return {};
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    return file.string() + ": a sha256 is given, and it is no file";
  const std::string found = sha256_hex_of_file(file);
  if (found == sha256) return {};
  return file.string() + ": its sha256 is " + found + ", not " + sha256 +
         ": it is another file, or damaged";
}

FoundRecording checked(const fs::path& file, const std::string& sha256) {
  if (const std::string wrong = check_sha256(file, sha256); !wrong.empty()) return missing(wrong);
  return {file, {}, false};
}

// ": " and the last line of what a command said, its errors first; or nothing.
std::string words_of(const ChildEnd& end) {
  const std::string errors = last_line(end.errors);
  const std::string said = errors.empty() ? last_line(end.output) : errors;
  return said.empty() ? "" : ": " + printable(said, kShownBytes);
}

FoundRecording inside(const fs::path& whole, const ScenarioRecording& recording) {
  const fs::path path = recording.inside.empty() ? whole : whole / recording.inside;
  if (is_there(path)) return {path, {}, false};
  return missing(whole.string() + ": \"" + recording.inside +
                 "\" is not in it; remove it, and it is made anew");
}

}  // namespace

fs::path RecordingStore::kept(const ScenarioRecording& recording) const {
  return directory_ / recording.as;
}

FoundRecording RecordingStore::fetched(const ScenarioRecording& recording) const {
  const fs::path file = kept(recording);
  if (directory_.empty() || !recrank::is_there(file)) {
    return missing("the recording is not there, and recrank fetches nothing: " + recording.url +
                   " (fetch it so: " + recording.fetch + "), then put it as " +
                   (directory_.empty() ? "DIR/" + recording.as + " and name DIR with --recordings"
                                       : file.string()));
  }
  return checked(file, recording.sha256);
}

FoundRecording RecordingStore::made(const ScenarioRecording& recording, const Scenario& scenario,
                                    const Interrupt& interrupt) const {
  if (directory_.empty())
    return missing("no directory for recordings is known: name one with --recordings");
  const fs::path place = kept(recording);
  if (recrank::is_there(place)) return inside(place, recording);
  fs::path from;
  if (!recording.from.empty()) {
    FoundRecording base = seek(recording.from.front(), scenario, interrupt);
    if (base.path.empty()) return base;
    from = base.path;
  }
  fs::create_directories(directory_);
  const auto lock = lock_directory(directory_, interrupt);
  if (!lock) return interrupted();
  if (recrank::is_there(place)) return inside(place, recording);  // another recrank was quicker
  return make(recording, scenario, from, interrupt);
}

FoundRecording RecordingStore::make(const ScenarioRecording& recording, const Scenario& scenario,
                                    const fs::path& from, const Interrupt& interrupt) const {
  const fs::path place = kept(recording);
  // Each attempt has its own: what lives on of another writes into a directory that nobody looks
  // at.
  const UnfinishedDirectory room(fs::absolute(directory_) / recording.as);
  const fs::path made = room.path() / fs::path(recording.as).filename();
  note_("making the recording " + recording.as + ": " + recording.command);
  ChildCommand command;
  command.words = shell_words(recording.command, "recrank-recording", {});
  command.directory = scenario.directory;
  command.environment = {{"OUT", made.string()}};
  if (!from.empty()) command.environment.emplace_back("FROM", fs::absolute(from).string());
  command.output_bytes = kSaidBytes;
  command.error_bytes = kSaidBytes;
  command.keeps_open = room.lock();
  const ChildEnd end = run_child(command, interrupt);
  const std::string said = words_of(end);
  if (end.interrupted) return interrupted();
  if (end.exit_status != 0) {
    return missing("the command that makes " + recording.as + " ended with " + ending_of(end) +
                   said);
  }
  if (!recrank::is_there(made)) {
    return missing("the command that makes " + recording.as + " left nothing at \"$OUT\"" + said);
  }
  if (!recording.inside.empty() && !recrank::is_there(made / recording.inside)) {
    return missing("what the command made as " + recording.as + " holds no \"" + recording.inside +
                   "\"");
  }
  if (!rename_to_free_name(made, place) && errno != EEXIST && errno != ENOTEMPTY) {
    throw_errno("cannot make " + place.string(), errno);
  }
  make_durable(parent_of(place), place);
  return inside(place, recording);
}

FoundRecording RecordingStore::seek(const ScenarioRecording& recording, const Scenario& scenario,
                                    const Interrupt& interrupt) const {
  if (!recording.command.empty()) return made(recording, scenario, interrupt);
  if (!recording.url.empty()) return fetched(recording);
  if (!recrank::is_there(recording.path))
    return missing("no recording lies at " + recording.path.string());
  return checked(recording.path, recording.sha256);
}

FoundRecording RecordingStore::find(const ScenarioRecording& recording, const Scenario& scenario,
                                    const Interrupt& interrupt) const {
  try {
    return seek(recording, scenario, interrupt);
  } catch (const Error& error) {
    return missing(error.what());
  } catch (const fs::filesystem_error& error) {
    return missing(directory_.string() + ": " + error.code().message() +
                   " (another directory can be named with --recordings)");
  }
}

bool RecordingStore::is_there(const Scenario& scenario) const {
  return is_there(scenario.recording) && (!scenario.checkpoint || is_there(*scenario.checkpoint));
}

bool RecordingStore::is_there(const ScenarioRecording& recording) const {
  if (recording.url.empty() && recording.command.empty()) return recrank::is_there(recording.path);
  return !directory_.empty() && recrank::is_there(kept(recording));
}

}  // namespace recrank
