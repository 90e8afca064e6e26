// The parts of a capsule, each with its hash made right, so that the bytes get past it. The first
// byte chooses: a manifest, a step record, a block's content, or a whole file.

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>

#include "base/error.h"
#include "base/hash.h"
#include "base/scratch_dir.h"
#include "snapshot/capsule/capsule.h"
#include "snapshot/capsule/capsule_blocks.h"
#include "snapshot/capsule/capsule_manifest.h"
#include "snapshot/capsule/capsule_step.h"

namespace {

void read_manifest(std::string_view text) {
  const auto manifest = recrank::parse_capsule_manifest(text);
  // What was taken can be written and taken again.
  static_cast<void>(recrank::parse_capsule_manifest(recrank::write_capsule_manifest(manifest)));
}

void read_step(std::string_view bytes) {
  recrank::Step step;
  size_t at = 0;
  const std::string place = "fuzz";
  recrank::decode_capsule_step(step, {bytes.size(), place}, [&](char* data, size_t size) {
    if (size > bytes.size() - at) throw recrank::Error(recrank::ErrorCode::kInvalidData, "ends");
    std::memcpy(data, bytes.data() + at, size);
    at += size;
  });
}

void read_block(std::string_view body) {
  const std::string block = recrank::sha256_hex(body) + std::string(body);
  recrank::CapsuleBlockReader reader(block, "fuzz", recrank::CapsuleForm::kWhole);
  recrank::Step step;
  while (reader.next(step)) {
  }
}

void read_file(std::string_view bytes) {
  static const recrank::ScratchDir scratch;
  const auto path = scratch.path() / "input";
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const auto capsule = recrank::open_capsule(path, "input");
  static_cast<void>(capsule->verify({}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    switch (data[0] % 4) {
      case 0: read_manifest(rest); break;
      case 1: read_step(rest); break;
      case 2: read_block(rest); break;
      default: read_file(rest);
    }
  } catch (const recrank::Error&) {
    return 0;
  }
  return 0;
}
