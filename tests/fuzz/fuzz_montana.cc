// Any bytes as an envelope, as the tables of a directory, as its small files, and as packed tables.

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "base/little_endian.h"
#include "base/scratch_dir.h"
#include "replay/montana/montana_rules.h"
#include "snapshot/montana/montana_directory.h"
#include "snapshot/montana/montana_state.h"
#include "snapshot/montana/montana_step.h"

namespace {

namespace montana = recrank::montana;

void write(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

template <typename Body>
void refused_or_done(Body&& body) {
  try {
    body();
  } catch (const recrank::Error&) {
    return;
  }
}

}  // namespace

// The first byte chooses what the rest is.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const recrank::ScratchDir scratch;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::filesystem::path home = scratch.path() / "node";
  std::filesystem::create_directories(home / "meta");
  switch (data[0] % 4) {
    case 0:
      refused_or_done([&] {
        recrank::Step step;
        step.text = bytes;
        montana::fill_step(
            bytes.size() < montana::kHeaderBytes ? 0 : recrank::read_u64(bytes, montana::kWindow),
            step);
      });
      break;
    case 1:
      refused_or_done([&] {
        write(scratch.path() / "packed", bytes);
        const recrank::UniqueFd fd = recrank::open_for_read(scratch.path() / "packed");
        auto node = montana::Node::load(fd.get(), "packed", recrank::Interrupt());
        static_cast<void>(node->roots());
      });
      break;
    default:
      refused_or_done([&] {
        for (const char* file :
             {"nodes.bin", "candidates.bin", "accounts.bin", "meta/timechain.bin",
              "meta/current_window.bin", "meta_last_cemented.bin"}) {
          write(home / file, bytes);
        }
        static_cast<void>(montana::look_at_state(montana::read_directory(home, "node")));
      });
  }
  return 0;
}
