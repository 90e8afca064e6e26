// What a command reads and what it may write over.
//
// The rule, for every file that a user names to be written: it is none that the command reads, also
// not by another name (a link of either kind); what is there is replaced only if recrank wrote it
// (own_form.h), if it is empty, or with --force; what is no regular file is written through.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace recrank {

// How --json names it.
inline constexpr const char* kStandardOutput = "-";

// What is read.
enum class Reads {
  kFiles,      // a file, or files of a directory in which others may be made
  kRecording,  // evidence: in its directory nothing is made either
};

// Where the bytes of an output go.
struct OutputPlace {
  enum class Way {
    kNew,      // nothing is there
    kReplace,  // the file that is there gives way
    kThrough,  // a pipe, a terminal, a device, or standard output under another name
  };
  Way way = Way::kNew;
  std::filesystem::path path;  // links are followed, since they stay
};

class Outputs {
 public:
  // Of the call: `path` is read. One that is not there is nothing.
  void protect(const std::filesystem::path& path, Reads reads);
  // --force: what recrank did not write gives way too, what is read never.
  void replace_foreign() { force_ = true; }

  // Where an output to `path` goes; kUsage for one that may not be written.
  [[nodiscard]] OutputPlace place_of(const std::string& path) const;
  // kUsage when `path` is read by the call or lies in a recording, or is a file of another
  // directory that is read: for outputs of which the command itself knows what may be there.
  void require_apart(const std::filesystem::path& path) const;

 private:
  using FileId = std::pair<dev_t, ino_t>;
  struct Directory {
    std::filesystem::path path;  // canonical
    std::string shown;
    Reads reads = Reads::kFiles;
  };

  void protect_file(const std::filesystem::path& path, const std::string& shown);
  [[nodiscard]] std::optional<std::string> reader_of(FileId id, bool has_other_names) const;
  void require_not_read(const std::filesystem::path& path) const;
  void require_outside_recordings(const std::filesystem::path& path,
                                  const std::string& shown) const;
  void require_replaceable(const std::string& path) const;

  std::vector<std::pair<FileId, std::string>> files_;
  std::vector<Directory> directories_;
  bool force_ = false;
};

}  // namespace recrank
