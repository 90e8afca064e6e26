// Writes archives and compressed files, honest and hostile ones.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

struct ArchiveMember {
  std::string name;
  std::string bytes;
  std::string link_to = {};    // a symbolic link instead of a file
  std::string hard_link = {};  // a hard link instead of a file
};

// `filter` is none, gzip, bzip2, zstd or xz; `format` is ustar, gnutar, pax, zip or raw (the bytes
// of the only member, compressed).
void write_archive(const std::filesystem::path& file, std::string_view format,
                   std::string_view filter, const std::vector<ArchiveMember>& members);

inline void write_compressed(const std::filesystem::path& file, std::string_view filter,
                             const std::string& bytes) {
  write_archive(file, "raw", filter, {{"data", bytes}});
}

}  // namespace recrank
