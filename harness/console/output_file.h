// A file that a user named to be written: a report, a table of figures.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/atomic_file.h"
#include "base/fd.h"
#include "base/scratch_dir.h"
#include "harness/console/outputs.h"

namespace recrank {

// Nothing is seen of it before commit(): a file appears whole or not at all, and what can only be
// written through (outputs.h) gets all of it then. kUsage for what may not be written, kIo for what
// cannot, both where it is made: before long work, not after it. One thread at a time.
class OutputFile {
 public:
  // `outputs` must outlive it.
  OutputFile(const Outputs& outputs, std::string path);

  void write(std::string_view bytes);
  void commit();

 private:
  const Outputs& outputs_;
  std::string path_;
  OutputPlace place_;
  std::unique_ptr<AtomicFile> file_;     // null: it is written through
  std::unique_ptr<ScratchDir> scratch_;  // of the spool
  UniqueFd spool_;
};

// Writes all of it at once, from memory or out of a file of recrank's own.
void copy_to_output(const Outputs& outputs, const std::string& path,
                    const std::filesystem::path& file);
void write_output(const Outputs& outputs, const std::string& path, std::string_view bytes);

}  // namespace recrank
