#include "tests/support/replay/fake_worker_home.h"

#include <fstream>

namespace recrank {

FakeWorkerHome::FakeWorkerHome(std::string_view script) {
  std::filesystem::create_symlink(RECRANK_BINARY_DIR "/bin/fake_worker", path() / "xsnap-worker");
  write("script.jsonl", script);
  write("lockdown.bundle", R"({"moduleFormat":"getExport","source":"() => 'lockdown'"})");
  write("supervisor.bundle", "() => 'supervisor'");
}

void FakeWorkerHome::write(std::string_view file_name, std::string_view text) const {
  std::ofstream(path() / file_name) << text;
}

}  // namespace recrank
