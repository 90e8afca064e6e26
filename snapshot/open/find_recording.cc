// The search of a directory for the one recording in it.
#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "base/text.h"
#include "snapshot/open/recognise.h"
#include "snapshot/open/unpack.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr int kDepthMax = 8;
constexpr size_t kFilesMax = 1'000'000;  // a node's home has some thousands
constexpr size_t kListedMax = 20;

struct Search {
  std::vector<Found> found;
  size_t files = 0;
  size_t unreadable = 0;  // a node's home has keys that are not ours to read
};

// A compressed file counts as what is in it.
std::optional<Found> look_into(const fs::path& file) {
  Recognised seen = recognise_file(file);
  const bool compressed = seen.wrapping == Wrapping::kCompressed;
  if (compressed) seen = peek_compressed(file);
  if (seen.wrapping == Wrapping::kArchive) return Found{nullptr, file, true};
  if (seen.format == nullptr) return std::nullopt;
  if (seen.format->shape == Shape::kFile) return Found{seen.format, file, compressed};
  const std::string_view name = seen.format->file_name;
  if (compressed || (!name.empty() && file.filename() != name)) return std::nullopt;
  return Found{seen.format, file.parent_path(), false};
}

const Format* recognise_directory(const fs::path& directory) {
  for (const Format* format : formats()) {
    if (format->recognise_directory != nullptr && format->recognise_directory(directory)) {
      return format;
    }
  }
  return nullptr;
}

void search(const fs::path& directory, int depth, Search& state) {
  if (const Format* format = recognise_directory(directory)) {
    state.found.push_back({format, directory, false});
    return;
  }
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  for (auto it = fs::directory_iterator(directory, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    entries.push_back(*it);
    if (++state.files > kFilesMax) {
      throw Error(ErrorCode::kUsage, directory.string() + ": more than " +
                                         std::to_string(kFilesMax) +
                                         " files: name the recording itself");
    }
  }
  if (error && depth == 0) {
    throw Error(ErrorCode::kIo, "cannot read " + directory.string() + ": " + error.message());
  }
  if (error) ++state.unreadable;
  std::sort(entries.begin(), entries.end());
  for (const fs::directory_entry& entry : entries) {
    const fs::file_status status = entry.symlink_status(error);
    if (fs::is_directory(status) && depth < kDepthMax) search(entry.path(), depth + 1, state);
    if (!fs::is_regular_file(status)) continue;
    try {
      if (auto found = look_into(entry.path())) state.found.push_back(std::move(*found));
    } catch (const Error& failure) {
      if (failure.code() != ErrorCode::kIo) throw;
      ++state.unreadable;
    }
  }
}

Rank rank(const Found& found) {
  return found.format == nullptr ? Rank::kPacked : found.format->rank;
}

// A node's home has other databases too.
bool holds_history(const Found& found) {
  return found.packed || found.format->holds_history == nullptr ||
         found.format->holds_history(found.path);
}

// Such as a rotated file beside the one that goes on: both are one recording.
bool is_part_of_another(const Found& one, const std::vector<Found>& found) {
  return one.format != nullptr && one.format->part_of != nullptr &&
         std::any_of(found.begin(), found.end(),
                     [&](const Found& other) { return one.format->part_of(one.path, other.path); });
}

std::string list(const std::vector<Found>& found, const fs::path& directory) {
  std::string text;
  for (size_t i = 0; i < found.size() && i < kListedMax; ++i) {
    const fs::path relative = found[i].path.lexically_relative(directory);
    text += (i == 0 ? " " : ", ") + printable(relative.string(), 300) + " (" +
            std::string(found[i].format != nullptr ? found[i].format->name : "archive") + ")";
  }
  if (found.size() > kListedMax) text += ", …";
  return text;
}

}  // namespace

Found find_recording(const fs::path& directory, const std::string& shown) {
  return find_recordings(directory, shown).recording;
}

FoundSet find_recordings(const fs::path& directory, const std::string& shown) {
  Search state;
  search(directory, 0, state);
  std::vector<Found>& found = state.found;
  Rank best = Rank::kNothing;
  for (const Found& one : found) best = std::min(best, rank(one));
  std::vector<Found> logs;
  for (const Found& one : found) {
    const bool tells = one.format != nullptr && one.format->tells_beside;
    if (best < Rank::kLog && tells) logs.push_back(one);
  }
  std::erase_if(found, [&](const Found& one) { return rank(one) != best; });
  std::erase_if(found, [&, all = found](const Found& one) { return is_part_of_another(one, all); });
  if (found.size() > 1 && best == Rank::kDatabase) {
    std::vector<Found> histories;
    std::copy_if(found.begin(), found.end(), std::back_inserter(histories), holds_history);
    if (!histories.empty()) found = std::move(histories);
  }
  if (found.size() == 1) return {found.front(), std::move(logs)};
  if (found.empty()) {
    const std::string unreadable =
        state.unreadable == 0 ? "" : ", " + format_count(state.unreadable) + " not readable";
    throw Error(ErrorCode::kInvalidData, shown + ": no recording in it or below (" +
                                             format_count(state.files) + " files seen" +
                                             unreadable + "); " + accepted_text());
  }
  throw Error(ErrorCode::kUsage,
              shown + ": holds several recordings; name one of them:" + list(found, directory));
}

}  // namespace recrank
