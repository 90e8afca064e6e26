// What must not change when evidence is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

// Names, sizes, modification times and contents of all that is in `directory` and below, as text to
// compare before and after.
[[nodiscard]] std::string evidence_state(const std::filesystem::path& directory);

// The whole of a small file, and back again.
[[nodiscard]] std::string read_bytes(const std::filesystem::path& file);
void write_bytes(const std::filesystem::path& file, std::string_view bytes);

// Bytes that `file` takes on the disk.
[[nodiscard]] uint64_t disk_bytes(const std::filesystem::path& file);

// Runs a program without a shell; its exit status.
int run_program(const std::vector<std::string>& words);

}  // namespace recrank
