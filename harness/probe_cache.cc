#include "harness/probe_cache.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "recrank.probes/1";
constexpr size_t kFileBytesMax = 64 << 20;
constexpr size_t kRunsMax = 1000;  // of one engine

// Held while a file is read, added to and replaced.
class DirectoryLock {
 public:
  explicit DirectoryLock(const fs::path& directory)
      : file_(::open((directory / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    if (!file_.valid()) throw_errno((directory / "lock").string(), errno);
    if (::flock(file_.get(), LOCK_EX) != 0) throw_errno((directory / "lock").string(), errno);
  }

 private:
  UniqueFd file_;
};

// Empty for a file that is not there or is none of ours.
Json read_file(const fs::path& file, const std::string& question) {
  std::error_code error;
  if (!fs::exists(file, error)) return Json::object();
  try {
    Json json = Json::parse(read_small_file(file, kFileBytesMax));
    const bool ours = json.is_object() && json.value("schema", "") == kSchema &&
                      json.value("question", "") == question && json["engines"].is_object();
    return ours ? std::move(json["engines"]) : Json::object();
  } catch (const Json::exception&) {
    return Json::object();
  } catch (const Error&) {
    return Json::object();
  }
}

std::vector<StoredRun> runs_of(const Json& engines, const std::string& key) {
  std::vector<StoredRun> runs;
  const auto found = engines.find(key);
  if (found == engines.end() || !found->is_array()) return runs;
  try {
    for (const Json& run : *found) runs.push_back(stored_run_from(run));
  } catch (const Json::exception&) {
    runs.clear();
  } catch (const std::invalid_argument&) {
    runs.clear();
  }
  return runs;
}

}  // namespace

fs::path ProbeCache::file_of(const std::string& question) const {
  return directory_ / (question + ".json");
}

std::vector<StoredRun> ProbeCache::load(const std::string& question, const std::string& key) const {
  if (directory_.empty()) return {};
  return runs_of(read_file(file_of(question), question), key);
}

void ProbeCache::add(const std::string& question, const std::string& key,
                     const std::vector<StoredRun>& runs) {
  if (directory_.empty() || runs.empty()) return;
  try {
    std::error_code error;
    fs::create_directories(directory_, error);
    const DirectoryLock lock(directory_);
    Json engines = read_file(file_of(question), question);
    std::vector<StoredRun> all = runs_of(engines, key);
    all.insert(all.end(), runs.begin(), runs.end());
    Json list = Json::array();
    for (size_t i = 0; i < std::min(all.size(), kRunsMax); ++i) list.push_back(to_json(all[i]));
    engines[key] = std::move(list);
    AtomicFile file(file_of(question));
    file.write(Json{{"schema", kSchema}, {"question", question}, {"engines", std::move(engines)}}.dump(1) + "\n");
    file.commit();
  } catch (const Error& failure) {
    problem_ = failure.what();
  }
}

}  // namespace recrank
