#include "snapshot/redis/redis_manifest.h"

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"

namespace recrank::redis {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDigestsBytesMax = 16 << 20;
constexpr size_t kManifestBytesMax = 1 << 20;
constexpr std::string_view kLogEnding = ".incr.aof";

bool is_digest(std::string_view text) {
  constexpr size_t kHexDigits = 40;
  return text.size() == kHexDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// A server names a file before it writes to it, and removes it before it forgets its name.
void refuse_unnamed(const fs::path& directory, const fs::path& manifest,
                    const std::set<std::string>& names) {
  for (const auto& each : fs::directory_iterator(directory)) {
    const std::string name = each.path().filename().string();
    if (!name.ends_with(kLogEnding) || names.contains(name) || fs::is_empty(each.path())) continue;
    throw Error(ErrorCode::kInvalidData, manifest.string() + ": it does not name " + name +
                                             ", which holds commands: a line of it is lost, or the "
                                             "file is of another directory");
  }
}

// 2 of "appendonly.aof.2.incr.aof".
std::optional<uint64_t> seq_of(const std::string& name) {
  if (!name.ends_with(kLogEnding)) return std::nullopt;
  const std::string rest = name.substr(0, name.size() - kLogEnding.size());
  return parse_uint(rest.substr(rest.rfind('.') + 1));
}

}  // namespace

// Types are b, a base; i, a file of commands; h, a file that is about to be deleted.
Manifest read_manifest(const fs::path& directory, const std::string& shown) {
  fs::path file;
  for (const auto& each : fs::directory_iterator(directory)) {
    if (each.path().extension() == ".manifest") file = each.path();
  }
  const std::string wanted =
      ": there must be one base RDB file and files of commands (BGREWRITEAOF)";
  if (file.empty()) throw Error(ErrorCode::kInvalidData, shown + wanted);
  Manifest manifest;
  std::map<uint64_t, fs::path> logs;
  std::set<std::string> names;
  std::istringstream lines(read_small_file(file, kManifestBytesMax));
  size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string file_word, name, seq_word, type_word;
    uint64_t seq = 0;
    char type = 0;
    words >> file_word >> name >> seq_word >> seq >> type_word >> type;
    const bool plain = name.find_first_of("/\"\\") == std::string::npos;
    if (!words || file_word != "file" || seq_word != "seq" || type_word != "type" || !plain) {
      throw Error(ErrorCode::kInvalidData, file.string() + ":" + std::to_string(number) +
                                               ": not \"file NAME seq N type T\"");
    }
    names.insert(name);
    if (type == 'b') manifest.base = directory / name;
    if (type == 'i') logs[seq] = directory / name;
  }
  for (const auto& [seq, path] : logs) manifest.logs.push_back({seq, path, {}});
  const auto there = [](const fs::path& path) { return fs::is_regular_file(path); };
  const bool whole = manifest.base.extension() == ".rdb" && there(manifest.base) &&
                     !manifest.logs.empty() &&
                     std::ranges::all_of(manifest.logs, there, &Log::path);
  if (!whole) throw Error(ErrorCode::kInvalidData, shown + wanted);
  refuse_unnamed(directory, file, names);
  return manifest;
}

uint64_t read_digests(const fs::path& file, std::vector<Log>& logs) {
  uint64_t strays = 0;
  size_t number = 0;
  std::istringstream lines(fs::exists(file) ? read_small_file(file, kDigestsBytesMax) : "");
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::istringstream words_of(line);
    std::vector<std::string> words;
    for (std::string word; words_of >> word;) words.push_back(word);
    if (words.empty()) continue;
    const auto size = words.size() < 2 ? std::nullopt : parse_uint(words[words.size() - 2]);
    if (words.size() > 3 || !size || !is_digest(words.back())) {
      throw Error(ErrorCode::kInvalidData,
                  file.string() + ":" + std::to_string(number) + ": not \"FILE SIZE DIGEST\"");
    }
    const fs::path name = words.size() == 3 ? fs::path(words[0]).filename() : fs::path();
    const auto log = std::ranges::find_if(logs, [&](const Log& each) {
      return name.empty() ? logs.size() == 1 : each.path.filename() == name;
    });
    if (log != logs.end() && *size > 0) {
      log->digests[*size] = words.back();
      continue;
    }
    const bool unknown = log == logs.end() && !name.empty();
    if (unknown && seq_of(name.string()).value_or(UINT64_MAX) >= logs.front().seq) {
      throw Error(ErrorCode::kInvalidData,
                  file.string() + ":" + std::to_string(number) + ": " + name.string() +
                      " is no file of commands that is there, nor one that a rewrite has removed");
    }
    ++strays;
  }
  return strays;
}

}  // namespace recrank::redis
