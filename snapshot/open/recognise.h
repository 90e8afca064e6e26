// What a file or a directory holds, judged by its content.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/format.h"

namespace recrank {

enum class Wrapping { kPlain, kCompressed, kArchive };

// What the first bytes of a file say.
struct Recognised {
  const Format* format = nullptr;  // null: of no known format, or packed
  Wrapping wrapping = Wrapping::kPlain;
  bool empty = false;
};

// As much of a file as is looked at.
inline constexpr size_t kRecogniseBytes = size_t{1} << 20;

[[nodiscard]] Recognised recognise(const FileHead& head);
[[nodiscard]] Recognised recognise_file(const std::filesystem::path& file);
// The same of one that is open already; `file` is its name.
[[nodiscard]] Recognised recognise_file(int fd, const std::filesystem::path& file);

// "a slog", "an archive", "something of no known format", for sentences.
[[nodiscard]] std::string_view words_of(const Recognised& found);

// True for an export-manifest.json, a *.slog.gz and whatever else can be part of a recording; the
// content decides later. Used to leave the rest of a large archive alone.
[[nodiscard]] bool may_be_evidence(const std::filesystem::path& name, std::string_view head);

struct Found {
  const Format* format = nullptr;  // null: an archive
  std::filesystem::path path;      // the file; of other shapes the directory
  bool packed = false;             // `path` must be unpacked first
};

// A recording with the logs beside it.
struct FoundSet {
  Found recording;
  std::vector<Found> logs;  // of the same directory, where the recording is not a log itself
};

// The one recording in `directory` or below (depth 8, no symbolic links): the one of the lowest
// rank. What lies inside a directory that is a recording is not looked at. `shown` names the
// directory in errors. Throws kUsage that lists them when there are several, kInvalidData when
// there is none.
[[nodiscard]] FoundSet find_recordings(const std::filesystem::path& directory,
                                       const std::string& shown);
// The same without the logs.
[[nodiscard]] Found find_recording(const std::filesystem::path& directory,
                                   const std::string& shown);

}  // namespace recrank
