// --trust-checkpoint over a small swing-store whose stored heap is not what its hash promises. The
// worker is a stand-in that can read the heaps of the fixture.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "snapshot/sqlite_db.h"
#include "tests/support/fake_worker_home.h"
#include "tests/support/recrank_process.h"
#include "tests/support/swingstore_fixture.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing_support::Ran;
using testing_support::run_recrank;

