// Format: docs/formats/montana.md
#include "snapshot/montana/montana_directory.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/little_endian.h"
#include "base/text.h"
#include "snapshot/montana/montana_format.h"

namespace recrank::montana {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDigits = 20;
constexpr std::string_view kEnding = ".bin";
constexpr size_t kMetaBytesMax = 4096;
constexpr size_t kProposalsMax = 50'000'000;  // a century of windows of a minute

// The window of a file in proposals/; nullopt: it is none.
std::optional<uint64_t> window_of_name(std::string_view name) {
  if (name.size() != kDigits + kEnding.size() || !name.ends_with(kEnding)) return std::nullopt;
  const auto window = parse_uint(name.substr(0, kDigits));
  if (!window || *window > kWindowMax) return std::nullopt;
  return window;
}

bool is_regular(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(file, error));
}

// Calls `each` with the name of every entry; a directory that is not there has none.
template <typename Each>
void for_each_name(const fs::path& directory, Each&& each) {
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(directory, error))) return;
  fs::directory_iterator it(directory, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    if (!each(*it)) return;
  }
  if (error)
    throw Error(ErrorCode::kIo, "cannot read " + directory.string() + ": " + error.message());
}

std::vector<StepRange> ranges_of(std::vector<uint64_t>& windows) {
  std::sort(windows.begin(), windows.end());
  std::vector<StepRange> ranges;
  for (const uint64_t window : windows) {
    if (!ranges.empty() && ranges.back().end == window) ++ranges.back().end;
    else ranges.push_back({window, window + 1});
  }
  return ranges;
}

void list_proposals(Directory& directory) {
  std::vector<uint64_t> windows;
  size_t others = 0;
  std::string first_other;
  for_each_name(directory.path / "proposals", [&](const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    std::error_code error;
    const auto window = window_of_name(name);
    if (window && fs::is_regular_file(entry.symlink_status(error))) {
      windows.push_back(*window);
    } else if (others++ == 0 || name < first_other) {
      first_other = name;
    }
    if (windows.size() + others > kProposalsMax) {
      throw Error(ErrorCode::kUnsupported, directory.shown + "/proposals: too many files");
    }
    return true;
  });
  directory.windows = ranges_of(windows);
  if (others > 0) {
    directory.notes.push_back("proposals/: " + format_count(others) +
                              (others == 1 ? " file that is" : " files that are") +
                              " no proposal, such as " + printable(first_other, 100));
  }
}

// Of a file in meta/; nullopt, and a line, where it cannot be had.
std::optional<std::string> read_meta(Directory& directory, const std::string& name) {
  const fs::path file = directory.path / name;
  if (!is_regular(file)) {
    directory.notes.push_back(name + " is missing");
    return std::nullopt;
  }
  try {
    return read_small_file(file, kMetaBytesMax);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidData) throw;
    directory.damage.push_back({name, "far too long"});
    return std::nullopt;
  }
}

// "6d746377 01": the first bytes of what should begin with a magic and a version.
std::string head_of(const std::string& bytes) {
  const std::string magic = to_hex(bytes.substr(0, kMetaVersion));
  return bytes.size() > kMetaVersion ? magic + " " + to_hex(bytes.substr(kMetaVersion, 1)) : magic;
}

std::optional<uint64_t> checked_window(Directory& directory, const std::string& name,
                                       uint64_t window) {
  if (window <= kWindowMax) return window;
  directory.damage.push_back({name, "its window " + std::to_string(window) + " is beyond any"});
  return std::nullopt;
}

void read_current_window(Directory& directory) {
  const std::string name = "meta/current_window.bin";
  const auto bytes = read_meta(directory, name);
  if (!bytes) return;
  const bool old = bytes->size() == kCurrentWindowOldBytes;
  const bool known = bytes->size() == kCurrentWindowBytes &&
                     bytes->starts_with(kCurrentWindowMagic) &&
                     (*bytes)[kMetaVersion] == kCurrentWindowVersion;
  if (!old && !known) {
    directory.damage.push_back({name, std::to_string(bytes->size()) + " bytes that begin with " +
                                          head_of(*bytes) + " are no current window"});
    return;
  }
  directory.current_window = checked_window(directory, name, read_u64(*bytes, old ? 0 : 8));
}

void read_last_cemented(Directory& directory) {
  const std::string name = "meta_last_cemented.bin";
  const auto bytes = read_meta(directory, name);
  if (!bytes) return;
  if (bytes->size() != 8) {
    directory.damage.push_back({name, std::to_string(bytes->size()) + " bytes, not 8"});
    return;
  }
  directory.last_cemented = checked_window(directory, name, read_u64(*bytes, 0));
}

void read_clock(Directory& directory) {
  const std::string name(kClockFile);
  const auto bytes = read_meta(directory, name);
  if (!bytes) return;
  const auto is = [&](size_t size, char version) {
    return bytes->size() == size && bytes->starts_with(kClockMagic) &&
           (*bytes)[kMetaVersion] == version;
  };
  if (!is(kClockBytes, 2) && !is(kClockOldBytes, 1)) {
    directory.damage.push_back({name, std::to_string(bytes->size()) + " bytes that begin with " +
                                          head_of(*bytes) + " are no clock"});
    return;
  }
  const auto window = checked_window(directory, name, read_u64(*bytes, kClockFileLastWindow));
  if (!window) return;
  const uint64_t hashes = read_u64(*bytes, kClockFileHashes);
  if (hashes > kClockHashesMax) {
    directory.damage.push_back({name, "its D of " + std::to_string(hashes) + " is beyond any"});
    return;
  }
  directory.clock = ClockFile{digest_at(*bytes, kClockFileValue), hashes, *window};
}

bool begins_with(const fs::path& file, std::string_view magic) {
  if (!is_regular(file)) return false;
  try {
    std::string head(magic.size(), '\0');
    const UniqueFd fd = open_for_read(file);
    head.resize(read_some_at(fd.get(), head.data(), head.size(), 0, file.string()));
    return head == magic;
  } catch (const Error&) {
    return false;  // unreadable: the other signs decide
  }
}

bool has_proposal(const fs::path& directory) {
  bool found = false;
  try {
    for_each_name(directory / "proposals", [&](const fs::directory_entry& entry) {
      found = window_of_name(entry.path().filename().string()).has_value();
      return !found;
    });
  } catch (const Error&) {
    return false;  // unreadable: no sign
  }
  return found;
}

}  // namespace

fs::path Directory::proposal(uint64_t window) const {
  std::string digits = std::to_string(window);
  digits.insert(0, kDigits - digits.size(), '0');
  return path / "proposals" / (digits + std::string(kEnding));
}

std::string Directory::shown_proposal(uint64_t window) const {
  return shown + "/proposals/" + proposal(window).filename().string();
}

std::optional<uint64_t> Directory::last_proposal() const {
  if (windows.empty()) return std::nullopt;
  return windows.back().end - 1;
}

bool Directory::holds(uint64_t window) const {
  return std::any_of(windows.begin(), windows.end(),
                     [&](const StepRange& range) { return range.contains(window); });
}

Directory read_directory(const fs::path& path, std::string shown) {
  Directory directory;
  directory.path = path;
  directory.shown = std::move(shown);
  list_proposals(directory);
  read_current_window(directory);
  read_last_cemented(directory);
  read_clock(directory);
  return directory;
}

bool is_montana_directory(const fs::path& path) {
  const bool tables = is_regular(path / "accounts.bin") && is_regular(path / "nodes.bin");
  const bool clock = begins_with(path / "meta" / "timechain.bin", kClockMagic);
  const bool window = begins_with(path / "meta" / "current_window.bin", kCurrentWindowMagic);
  int signs = (tables ? 1 : 0) + (clock ? 1 : 0) + (window ? 1 : 0);
  if (signs == 1) signs += has_proposal(path) ? 1 : 0;
  return signs >= 2;
}

bool is_montana_file(const fs::path& name) {
  const std::string file = name.filename().string();
  const std::string directory = name.parent_path().filename().string();
  constexpr std::array<std::string_view, 4> kTop{"accounts.bin", "nodes.bin", "candidates.bin",
                                                 "meta_last_cemented.bin"};
  constexpr std::array<std::string_view, 2> kMeta{"current_window.bin", "timechain.bin"};
  if (std::find(kTop.begin(), kTop.end(), file) != kTop.end()) return true;
  if (directory == "meta") return std::find(kMeta.begin(), kMeta.end(), file) != kMeta.end();
  return directory == "proposals" && window_of_name(file).has_value();
}

}  // namespace recrank::montana
