// --engines: from words to candidates.
#include <algorithm>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "harness/engine_candidates.h"
#include "harness/version_order.h"
#include "replay/process_engine.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr size_t kListBytesMax = 1 << 20;
constexpr size_t kCandidatesMax = 10'000;

std::string trimmed(const std::string& line) {
  const size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string> words_of_file(const fs::path& file) {
  std::vector<std::string> words;
  std::istringstream lines(read_small_file(file, kListBytesMax));
  for (std::string line; std::getline(lines, line);) {
    const std::string word = trimmed(line);
    if (!word.empty() && !word.starts_with('#')) words.push_back(word);
  }
  return words;
}

bool is_executable(const fs::path& file) {
  std::error_code error;
  const fs::perms mode = fs::status(file, error).permissions();
  return !error && (mode & fs::perms::owner_exec) != fs::perms::none;
}

// What lies in a directory of engines and is none: a README, a licence, a list.
bool may_be_candidate(const fs::path& place, Dimension dimension) {
  std::error_code error;
  if (place.filename().string().starts_with('.')) return false;
  if (fs::is_directory(place, error)) return true;
  if (!fs::is_regular_file(place, error)) return false;
  if (dimension == Dimension::kEngine) {
    return is_executable(place) || (place.extension() == ".json" && is_engine_file(place));
  }
  if (dimension == Dimension::kWorker) return is_executable(place);
  return place.filename().string().find(to_string(dimension)) != std::string::npos;
}

std::vector<std::string> words_of_directory(const fs::path& directory, Dimension dimension) {
  std::vector<std::string> words;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (may_be_candidate(entry.path(), dimension)) words.push_back(entry.path().string());
  }
  std::sort(words.begin(), words.end(), version_less);
  return words;
}

std::vector<std::string> words_of_list(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    if (const std::string word = trimmed(part); !word.empty()) words.push_back(word);
  }
  return words;
}

// A directory that is itself one engine would be a list of one; with a comma it is a name in a list.
std::vector<std::string> words_of(const std::string& text, Dimension dimension) {
  if (text.starts_with('@')) return words_of_file(text.substr(1));
  std::error_code error;
  if (fs::is_directory(text, error)) return words_of_directory(text, dimension);
  return words_of_list(text);
}

// Names without what all of them begin with, up to the last '/': "supervisor-0.11.0".
size_t shared_directory(const std::vector<std::string>& words) {
  std::string_view shared = words.front();
  for (const std::string& word : words) {
    const auto end = std::mismatch(shared.begin(), shared.end(), word.begin(), word.end()).first;
    shared = shared.substr(0, static_cast<size_t>(end - shared.begin()));
  }
  const size_t slash = shared.rfind('/');
  return slash == std::string_view::npos ? 0 : slash + 1;
}

CandidateSpec spec_of(const std::string& word, Dimension dimension, const std::string& base_engine) {
  CandidateSpec spec;
  spec.engine = base_engine;
  switch (dimension) {
    case Dimension::kEngine: spec.engine = word; break;
    case Dimension::kWorker: spec.worker = word; break;
    case Dimension::kLockdown: spec.lockdown = word; break;
    case Dimension::kSupervisor: spec.supervisor = word; break;
  }
  return spec;
}

}  // namespace

std::vector<CandidateSpec> parse_engine_list(const std::string& text, Dimension dimension,
                                             const std::string& base_engine) {
  const std::vector<std::string> words = words_of(text, dimension);
  const std::string shown = "--engines " + printable(text, 200);
  if (words.size() < 2) {
    throw Error(ErrorCode::kUsage, shown + ": it names " + std::to_string(words.size()) +
                                       "; a search needs two or more (NAME,NAME,… or a directory of them, or @FILE)");
  }
  if (words.size() > kCandidatesMax) {
    throw Error(ErrorCode::kUsage, shown + ": more than " + format_count(kCandidatesMax) + " engines");
  }
  const size_t shared = shared_directory(words);
  std::vector<CandidateSpec> specs;
  std::set<std::string> seen;
  for (const std::string& word : words) {
    if (!seen.insert(word).second) {
      throw Error(ErrorCode::kUsage, shown + ": '" + printable(word, 100) + "' is named twice");
    }
    specs.push_back(spec_of(word, dimension, base_engine));
    specs.back().name = word.substr(shared);
  }
  return specs;
}

}  // namespace recrank
