// The seam between a file and its reader: one Format for each format of evidence. General code
// (snapshot/open, snapshot/capture) asks the table of them and knows none by name.
//
// A format lives in the folder of its system, beside its reader; it is known once its system stands
// in the one table, harness/systems.cc.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "snapshot/file_head.h"
#include "snapshot/recording.h"

namespace recrank {

// Which of several recordings in one directory is meant: the lowest rank that is there.
enum class Rank { kDatabase, kState, kLog, kPacked, kJournal, kNothing };

// What of the file system is a recording of it.
enum class Shape {
  kFile,
  kFileOfDirectory,  // a file that is recognised, and stands for the directory that it lies in
  kDirectory,        // recognised as a whole; nothing in it is a recording of its own
};

// How a database is copied while a process has it open.
enum class Database { kNone, kLmdb, kSqlite };

// Whether a file, by its name, belongs to a recording without being one.
enum class Part {
  kNo,
  kYes,
  kNever,  // it holds secrets: not to be read
};

struct Format {
  std::string_view name;      // RecordingInfo::kind, in reports: "slog"
  std::string_view words;     // for sentences: "a slog"
  std::string_view accepted;  // in the list of what can be given; empty: another one's words do
  Rank rank = Rank::kNothing;
  Shape shape = Shape::kFile;
  // The line of the file that tells: 0 for what its first bytes tell. The format that is told
  // earliest has the file, of several the first in the table. nullopt: it is not of this format, as
  // far as was looked. Null with kDirectory.
  std::optional<size_t> (*recognise)(const FileHead& head) = nullptr;
  bool (*recognise_directory)(const std::filesystem::path& directory) = nullptr;  // kDirectory
  // `path`: the file, or of the other shapes the directory. `shown` names it in errors.
  std::unique_ptr<Recording> (*open)(const std::filesystem::path& path,
                                     const std::string& shown) = nullptr;
  // What else belongs to it, such as a -wal; null: nothing.
  Part (*companion)(const std::filesystem::path& name) = nullptr;
  // Words in the names of its files, for packed ones in an archive of a whole machine.
  std::span<const std::string_view> name_words = {};
  std::string_view file_name = {};  // kFileOfDirectory: the only name that it has; empty: any
  Database database = Database::kNone;
  // It tells, beside a database of the same history, what that does not hold.
  bool tells_beside = false;
  // Of several databases: whether this one holds a history, or is another of a node's. Null: all
  // do.
  bool (*holds_history)(const std::filesystem::path& path) = nullptr;
  // `one` is a part of the recording that `other` is, such as a rotated file. Null: never.
  bool (*part_of)(const std::filesystem::path& one, const std::filesystem::path& other) = nullptr;
};

// All formats, in the order in which they are asked. Defined by who builds the program, in the one
// table (harness/systems.cc): what is below knows no system.
[[nodiscard]] std::span<const Format* const> formats();

// "accepted are an LMDB kernel database (data.mdb), …", for errors.
[[nodiscard]] std::string accepted_text();

}  // namespace recrank
