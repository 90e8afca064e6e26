#include "harness/scenario/scenario_files.h"

#include <string_view>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/hash.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNameBytesMax = 120;
constexpr size_t kHashDigits = 8;
// In a directory that holds nothing but what was written so.
constexpr const char* kMarkFile = ".recrank-out";
constexpr std::string_view kMarkText =
    "made by `recrank run --out`, which replaces what is in it\n";

bool is_plain(char c) {
  constexpr std::string_view kOthers = ".+-";  // "_" stands for a blank
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

void write_whole(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace

std::string safe_file_name(const std::string& text) {
  std::string name;
  bool changed = text.empty() || text.size() > kNameBytesMax || text.front() == '.';
  for (const char c : text.substr(0, kNameBytesMax)) {
    const bool plain = is_plain(c);
    name += c == ' ' ? '_' : (plain ? c : '-');
    changed = changed || (!plain && c != ' ');
  }
  if (!name.empty() && name.front() == '.') name.front() = '-';
  if (changed) name += "-" + sha256_hex(text).substr(0, kHashDigits);
  return name;
}

void claim_case_directory(const fs::path& directory, bool whatever_it_holds) {
  std::error_code error;
  fs::create_directories(directory, error);
  const bool empty = !error && fs::is_empty(directory, error);
  if (error) throw Error(ErrorCode::kIo, directory.string() + ": " + error.message());
  const fs::path mark = directory / kMarkFile;
  if (fs::is_regular_file(fs::symlink_status(mark, error))) return;
  if (empty) return write_whole(mark, kMarkText);
  if (whatever_it_holds) return;
  throw Error(ErrorCode::kUsage, directory.string() +
                                     " holds files that no `recrank run --out` has written; name "
                                     "another directory, or --force replaces some of them");
}

std::vector<std::string> write_case_files(const fs::path& directory, const std::string& scenario,
                                          const std::string& name, const CaseFiles& files) {
  const fs::path beneath = safe_file_name(scenario);
  std::error_code error;
  fs::create_directories(directory / beneath, error);
  if (error) throw Error(ErrorCode::kIo, (directory / beneath).string() + ": " + error.message());
  const std::string stem = safe_file_name(name);
  std::vector<std::string> written;
  const auto write = [&](const char* extension, std::string_view text) {
    const fs::path file = beneath / (stem + extension);
    write_whole(directory / file, text);
    written.push_back(file.string());
  };
  if (!files.report.empty()) write(".json", files.report);
  write(".txt", files.text);
  if (!files.last_words.empty()) write(".last-words.txt", files.last_words + "\n");
  return written;
}

}  // namespace recrank
