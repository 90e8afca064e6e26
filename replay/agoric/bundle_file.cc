#include "replay/agoric/bundle_file.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "replay/agoric/xsnap_dialect.h"
#include "snapshot/agoric/bundle_text.h"

namespace recrank::agoric {
namespace {

namespace fs = std::filesystem;

constexpr size_t kEntriesMax = 10'000;

std::string shown_path(const fs::path& path) { return printable(path.string(), 300); }

// Files of `directory` whose names hold the kind.
std::vector<fs::path> files_of_kind(const fs::path& directory, std::string_view kind) {
  std::vector<fs::path> files;
  std::error_code error;
  size_t seen = 0;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (++seen > kEntriesMax) break;
    const std::string name = it->path().filename().string();
    const bool fits = name.find(kind) != std::string::npos && !name.ends_with(".sha256");
    if (fits && fs::is_regular_file(it->path(), error)) files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::optional<fs::path> find_bundle(const fs::path& place, std::string_view kind,
                                    std::string& why) {
  std::error_code error;
  const fs::file_status status = fs::status(place, error);
  if (fs::is_regular_file(status)) return place;
  if (!fs::is_directory(status)) {
    why = shown_path(place) + ": no " + std::string(kind) + " bundle lies there";
    return std::nullopt;
  }
  const std::string usual = std::string(kind) + ".bundle";
  for (const fs::path& file : {place / usual, place / "dist" / usual}) {
    if (fs::is_regular_file(file, error)) return file;
  }
  const std::vector<fs::path> files = files_of_kind(place, kind);
  if (files.size() == 1) return files.front();
  why = shown_path(place) + ": holds no " + usual + " or dist/" + usual + ", and " +
        std::to_string(files.size()) + " other files named after a " + std::string(kind) +
        "; name the bundle itself";
  return std::nullopt;
}

std::string read_setup_text(const fs::path& file) {
  std::string bytes = read_small_file(file, kBundleBytesMax);
  return with_context([&] { return shown_path(file); },
                      [&] { return bundle_json_of_file(std::move(bytes)); });
}

std::string read_bundle(const fs::path& file) {
  std::string text = read_setup_text(file);
  with_context([&] { return shown_path(file); },
               [&] {
                 // Damage shows now, not in a worker.
                 static_cast<void>(bundle_source(text, "the bundle"));
               });
  return text;
}

}  // namespace recrank::agoric
