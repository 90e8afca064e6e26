#include <unistd.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "harness/engines/engine_candidates.h"
#include "harness/engines/version_order.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr size_t kListBytesMax = 4 << 20;
constexpr size_t kDirectoryEntriesMax = 100'000;
constexpr size_t kSniffedBytes = 4096;

[[noreturn]] void fail_list(const std::string& what) { throw Error(ErrorCode::kUsage, what); }

std::string trimmed(const std::string& line) {
  constexpr const char* kSpace = " \t\r";
  const size_t first = line.find_first_not_of(kSpace);
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string> items_of_file(const fs::path& file) {
  std::vector<std::string> items;
  std::istringstream lines(read_small_file(file, kListBytesMax));
  for (std::string line; std::getline(lines, line);) {
    const std::string item = trimmed(line);
    if (!item.empty() && item.front() != '#') items.push_back(item);
  }
  return items;
}

std::vector<std::string> items_between_commas(const std::string& text) {
  std::vector<std::string> items;
  std::istringstream words(text + ",");
  for (std::string word; std::getline(words, word, ',');) {
    items.push_back(trimmed(word));
    if (items.back().empty()) fail_list("--engines: nothing stands between two commas");
  }
  return items;
}

// The kind of bundle that differs; empty: none.
// The part that entries are to hold; empty: they are engines.
std::string part_of(const Dimension& dimension) { return dimension.part; }

// A file that nobody could mean as an engine.
bool plainly_no_engine(const fs::path& file) {
  if (::access(file.c_str(), X_OK) == 0) return false;
  std::string head(kSniffedBytes, '\0');
  head.resize(read_some_at(open_for_read(file).get(), head.data(), head.size(), 0, file.string()));
  const bool text = head.find('\0') == std::string::npos;
  return text && head.find("recrank.engine/") == std::string::npos;
}

bool fits(const fs::path& entry, std::string_view kind) {
  std::error_code error;
  const fs::file_status status = fs::status(entry, error);
  const std::string name = entry.filename().string();
  if (name.starts_with('.') || name == "node_modules") return false;
  if (fs::is_directory(status)) {
    std::string ignored;
    return kind.empty() || programs().find_part(entry, kind, ignored).has_value();
  }
  if (!fs::is_regular_file(status)) return false;
  if (kind.empty()) return !plainly_no_engine(entry);
  return name.find(kind) != std::string::npos && !name.ends_with(".sha256");
}

std::vector<fs::path> entries_of(const fs::path& directory, std::string_view kind) {
  std::vector<fs::path> entries;
  std::error_code error;
  size_t seen = 0;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (++seen > kDirectoryEntriesMax) {
      fail_list(directory.string() + ": holds more than " + format_count(kDirectoryEntriesMax) +
                " entries; name a directory of engines");
    }
    if (fits(it->path(), kind)) entries.push_back(it->path());
  }
  if (error) throw_errno("cannot list " + directory.string(), error.value());
  std::sort(entries.begin(), entries.end(), [](const fs::path& a, const fs::path& b) {
    return version_less(a.filename().string(), b.filename().string());
  });
  return entries;
}

CandidateSpec spec_of(const std::string& name, const std::string& place, const Dimension& dimension,
                      const std::string& base_engine) {
  CandidateSpec spec;
  spec.name = name;
  switch (dimension.kind) {
    case Dimension::Kind::kEngine: spec.engine = place; break;
    case Dimension::Kind::kWorker:
      spec.engine = place;
      spec.bundles_of = base_engine;
      break;
    case Dimension::Kind::kPart:
      spec.engine = base_engine;
      spec.parts.emplace_back(dimension.part, place);
      break;
  }
  return spec;
}

// So many bytes, up to a '/', begin every one of them: names go without.
size_t shared_directory(const std::vector<std::string>& items) {
  if (items.size() < 2) return 0;
  std::string_view shared = items.front();
  for (const std::string& item : items) {
    const auto [end, other] = std::mismatch(shared.begin(), shared.end(), item.begin(), item.end());
    shared = shared.substr(0, static_cast<size_t>(end - shared.begin()));
  }
  const size_t slash = shared.rfind('/');
  return slash == std::string_view::npos ? 0 : slash + 1;
}

// `place` is what --engines named: for messages.
void check_list(const std::vector<CandidateSpec>& specs, const std::string& place) {
  std::set<std::string> names;
  for (const CandidateSpec& spec : specs) {
    if (names.insert(spec.name).second) continue;
    fail_list("--engines: '" + printable(spec.name, 200) + "' is there twice");
  }
  const std::string shown = "--engines " + printable(place, 200);
  if (specs.size() > kCandidatesMax) {
    fail_list(shown + ": names " + format_count(specs.size()) + " engines, at most " +
              format_count(kCandidatesMax) + " can be told apart; leave some out");
  }
  if (specs.size() >= 2) return;
  fail_list(
      shown + ": names " + (specs.empty() ? "no engine" : "one engine") +
      "; at least two are needed: names or paths separated by commas, a directory with an engine "
      "in "
      "each entry, or @FILE with one per line");
}

}  // namespace

std::vector<CandidateSpec> parse_engine_list(const std::string& text, const Dimension& dimension,
                                             const std::string& base_engine) {
  std::vector<CandidateSpec> specs;
  std::error_code error;
  if (fs::is_directory(text, error)) {
    for (const fs::path& entry : entries_of(text, part_of(dimension))) {
      specs.push_back(spec_of(entry.filename().string(), entry.string(), dimension, base_engine));
    }
  } else {
    const std::vector<std::string> items =
        text.starts_with('@') ? items_of_file(text.substr(1)) : items_between_commas(text);
    const size_t shared = shared_directory(items);
    for (const std::string& item : items) {
      specs.push_back(spec_of(item.substr(shared), item, dimension, base_engine));
    }
  }
  check_list(specs, text);
  return specs;
}

}  // namespace recrank
