// gzip in pieces: nothing is ever held whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace recrank {

// Fills up to `size` bytes of `data`; 0 at the end.
using ByteSource = std::function<size_t(char* data, size_t size)>;
using ByteSink = std::function<void(std::string_view piece)>;

// Unpacks one gzip stream from `source` into `sink`. More than `limit_bytes` of output, bytes that
// are not gzip, a wrong checksum, an early end and bytes behind the end are kInvalidData
// "<name>: …".
void inflate_gzip(const ByteSource& source, const ByteSink& sink, uint64_t limit_bytes,
                  const std::string& name);

}  // namespace recrank
