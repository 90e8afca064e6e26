#include "snapshot/capsule/capsule_record_reader.h"

#include "base/error.h"

namespace recrank {

void CapsuleRecordReader::fail(const std::string& what) const {
  throw Error(ErrorCode::kInvalidData, place + ": " + what);
}

void CapsuleRecordReader::take(uint64_t size, const char* what) {
  if (size > left_bytes) {
    fail(std::string(what) + " of " + std::to_string(size) + " bytes, but only " +
         std::to_string(left_bytes) + " are left");
  }
  left_bytes -= size;
}

std::string CapsuleRecordReader::bytes(size_t size, const char* what) {
  take(size, what);
  std::string out(size, '\0');
  read_exactly(out.data(), size);
  return out;
}

void CapsuleRecordReader::append(std::string& out, uint64_t size) const {
  while (size > 0) {
    const size_t piece = static_cast<size_t>(std::min<uint64_t>(size, kPieceBytes));
    const size_t at = out.size();
    out.resize(at + piece);
    read_exactly(out.data() + at, piece);
    size -= piece;
  }
}

}  // namespace recrank
