// A directory that looks like an engine and holds a fake worker with its script.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/scratch_dir.h"

namespace recrank {

// Lives as long as the engine that is made from it.
//
//   const FakeWorkerHome home(R"({"calls":[["vatstoreGet","k"]],"computrons":7})");
//   auto engine = make_xsnap_engine(probe_engine(home.path(), {}, interrupt));
class FakeWorkerHome {
 public:
  // `script` as tests/stand_ins/fake_worker_script.h has it.
  explicit FakeWorkerHome(std::string_view script);

  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }
  void write(std::string_view file_name, std::string_view text) const;

 private:
  ScratchDir directory_;
};

}  // namespace recrank
