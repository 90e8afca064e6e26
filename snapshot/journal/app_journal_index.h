// Where the turns of a server's journal of spans are in its files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "snapshot/io/line_reader.h"
#include "snapshot/journal/open_spans.h"
#include "snapshot/recording.h"

namespace recrank::program {

struct AppFile {
  UniqueFd fd;
  std::string name;
  uint64_t bytes = 0;
};

struct AppPlace {
  size_t file = 0;
  LinePlace place;
};

struct AppRequest {
  AppPlace open;               // of its span's first record
  std::optional<size_t> next;  // the next request of the same conversation, among all
  unsigned status = 0;  // that the provider answered with, as the closing record says; 0: unknown
};

struct AppTurn {
  std::string id;
  std::string conversation;
  std::vector<size_t> requests;  // among all, in order
  uint64_t opened_ms = 0;
};

struct AppIndex {
  std::vector<AppRequest> requests;
  std::vector<AppTurn> turns;  // with a request at least, in the order of their first
  OpenSpans spans;             // as they are at the end
  uint64_t records = 0;
  uint64_t boots = 0;
  uint64_t last_ms = 0;
  std::vector<std::string> notes;
  std::vector<Damage> damage;  // bounded
};

// Reads all of the files, in their order.
[[nodiscard]] AppIndex index_app_journal(const std::vector<AppFile>& files);

}  // namespace recrank::program
