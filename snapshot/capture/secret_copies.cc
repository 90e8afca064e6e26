#include "snapshot/capture/secret_copies.h"

#include "base/error.h"

namespace recrank {

SecretCopies::SecretCopies(const Beneath& directory, const std::vector<std::string>& left_out,
                           const Interrupt& interrupt)
    : directory_(directory), interrupt_(interrupt) {
  for (const std::string& path : left_out) {
    try {
      const auto fd = directory_.open_file(path);
      const uint64_t bytes = fd ? file_size(fd->get(), path) : 0;
      if (bytes > 0) by_size_[bytes].push_back({path, ""});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kIo) throw;  // what cannot be read has no copies that could
    }
  }
}

std::optional<std::string> SecretCopies::equal_to(const CaptureFile& file) const {
  const auto same_size = by_size_.find(file.bytes);
  if (same_size == by_size_.end()) return std::nullopt;
  for (LeftOut& each : same_size->second) {
    if (each.sha256.empty()) {
      CaptureFile measured;
      measured.path = each.path;
      if (const auto fd = directory_.open_file(each.path)) {
        (void)measure(measured, fd->get(), 0, interrupt_);
      }
      each.sha256 = measured.sha256.empty() ? "gone" : measured.sha256;
    }
    if (each.sha256 == file.sha256) return each.path;
  }
  return std::nullopt;
}

}  // namespace recrank
