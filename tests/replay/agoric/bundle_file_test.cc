#include "replay/agoric/bundle_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"

namespace recrank::agoric {
namespace bundle_file_test {

namespace fs = std::filesystem;
using testing::HasSubstr;

class BundleFile : public testing::Test {
 protected:
  fs::path write(const fs::path& name, const std::string& text = "() => 1") const {
    const fs::path file = scratch_.path() / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file;
  }
  [[nodiscard]] std::string refusal(const fs::path& place, std::string_view kind) const {
    std::string why;
    EXPECT_FALSE(find_bundle(place, kind, why).has_value());
    return why;
  }
  std::string ignored_;
  ScratchDir scratch_;
};

TEST_F(BundleFile, IsTheFileThatIsNamed) {
  const fs::path file = write("any name");
  EXPECT_EQ(find_bundle(file, "supervisor", ignored_), file);
}

TEST_F(BundleFile, IsFoundInAPackageBesideItsChecksumAndItsDebugVariant) {
  const fs::path bundle = write("pkg/dist/lockdown.bundle");
  write("pkg/dist/lockdown.bundle.sha256");
  write("pkg/dist/lockdown-debug.bundle");
  write("pkg/package.json", "{}");
  EXPECT_EQ(find_bundle(scratch_.path() / "pkg", "lockdown", ignored_), bundle);
  EXPECT_EQ(find_bundle(scratch_.path() / "pkg/dist", "lockdown", ignored_), bundle);
}

TEST_F(BundleFile, IsTheOnlyOneOfItsKindInADirectory) {
  const fs::path bundle = write("engine/my-supervisor.js");
  write("engine/my-supervisor.js.sha256");
  write("engine/my-lockdown.js");
  EXPECT_EQ(find_bundle(scratch_.path() / "engine", "supervisor", ignored_), bundle);
  write("engine/supervisor-old.js");
  EXPECT_THAT(refusal(scratch_.path() / "engine", "supervisor"),
              HasSubstr("2 other files named after a supervisor; name the bundle itself"));
}

TEST_F(BundleFile, ThatIsNotThereIsSaidInOneLine) {
  EXPECT_THAT(refusal(scratch_.path() / "none", "lockdown"),
              HasSubstr("no lockdown bundle lies there"));
  fs::create_directory(scratch_.path() / "empty");
  EXPECT_THAT(refusal(scratch_.path() / "empty", "lockdown"), HasSubstr("0 other files"));
}

TEST_F(BundleFile, IsReadAsAWorkerTakesIt) {
  const std::string json = R"({"moduleFormat":"getExport","source":"() => 2"})";
  EXPECT_EQ(read_bundle(write("a", json)), json);
  EXPECT_EQ(read_bundle(write("b", "() => 3")), "() => 3");
}

TEST_F(BundleFile, ThatIsDamagedIsRefusedWithItsName) {
  for (const char* text :
       {"", "  \n", "{\"moduleFormat\":\"getExport\"}", "{\"source\":", "PK\x03\x04 no zip"}) {
    try {
      static_cast<void>(read_bundle(write("bad.bundle", text)));
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData) << error.what();
      EXPECT_THAT(error.what(), HasSubstr("bad.bundle")) << text;
    }
  }
}

TEST_F(BundleFile, ThatCannotBeReadIsNamedOnce) {
  const std::string name = (scratch_.path() / "gone.bundle").string();
  try {
    static_cast<void>(read_bundle(name));
    ADD_FAILURE() << "read";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_THAT(what, HasSubstr(name));
    EXPECT_EQ(what.find(name), what.rfind(name)) << what;
  }
}

}  // namespace bundle_file_test
}  // namespace recrank::agoric
