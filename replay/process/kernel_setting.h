// Small texts that the kernel gives under /proc and /sys, whose files claim to be empty.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace recrank {

// The first 4 KiB without the newline at the end; nullopt: not there, or not for us to read.
[[nodiscard]] std::optional<std::string> kernel_text(const std::filesystem::path& path);

// kernel_text of /proc/sys/kernel/NAME.
[[nodiscard]] std::optional<std::string> kernel_setting(const std::string& name);

}  // namespace recrank
