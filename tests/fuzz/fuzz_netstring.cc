// Any bytes from a worker, in one piece: frames come out, or one of the named ends.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/fd.h"
#include "base/scratch_dir.h"
#include "replay/agoric/netstring.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const recrank::ScratchDir scratch;
  constexpr uint64_t kFrameBytesMax = 1 << 20;
  const recrank::UniqueFd file = recrank::open_nameless(scratch.path());
  recrank::write_all(file.get(), {reinterpret_cast<const char*>(data), size}, "input");
  if (::lseek(file.get(), 0, SEEK_SET) != 0) std::abort();
  recrank::agoric::NetstringReader reader(file.get(), kFrameBytesMax);
  size_t payload_bytes = 0;
  while (reader.next() == recrank::agoric::FrameStatus::kFrame)
    payload_bytes += reader.payload().size();
  if (payload_bytes > size) std::abort();
  return 0;
}
