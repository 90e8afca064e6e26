// What must not change when evidence is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

// The state of every file below a path: name, size, mtime in nanoseconds, links, sha256. Two equal
// states: nothing was changed, added or removed.
[[nodiscard]] std::vector<std::string> evidence_state(const std::filesystem::path& path);

// The whole of a small file, and back again.
[[nodiscard]] std::string read_bytes(const std::filesystem::path& file);
void write_bytes(const std::filesystem::path& file, std::string_view bytes);

// Bytes that `file` takes on the disk.
[[nodiscard]] uint64_t disk_bytes(const std::filesystem::path& file);

// Runs a program without a shell; its exit status.
int run_program(const std::vector<std::string>& words);

}  // namespace recrank
