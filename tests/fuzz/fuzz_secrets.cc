// Files of a node's directory, of which anybody may have written anything.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "snapshot/secrets/secrets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view name = bytes.substr(0, bytes.find('\n'));
  (void)recrank::secret_by_name(name);
  (void)recrank::secret_directory(name);
  const std::string_view text = bytes.substr(std::min(name.size() + 1, size));
  const auto lines = static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const bool recording : {false, true}) {
    const auto found = recrank::secret_by_content(name, text, recording);
    const bool utf16 = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
    if (found && (found->rule.empty() || (found->line > lines && !utf16))) std::abort();
  }
  return 0;
}
