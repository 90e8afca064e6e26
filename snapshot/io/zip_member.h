// Members of a zip archive that is held in memory (a vat's bundle).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace recrank {

// Largest member that is accepted; the largest seen in real bundles has 1.2 MB.
inline constexpr size_t kZipMemberBytesMax = size_t{256} << 20;

// Calls `visit` for each member in the order of the archive. Checks the archive's own checksums.
// Whatever is wrong with the bytes is kInvalidData.
void for_each_zip_member(
    std::string_view zip,
    const std::function<void(const std::string& name, const std::string& content)>& visit);

}  // namespace recrank
