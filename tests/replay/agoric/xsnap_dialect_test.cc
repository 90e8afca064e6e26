#include "replay/agoric/xsnap_dialect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"

namespace recrank::agoric {
namespace xsnap_dialect_test {

using testing::ElementsAre;
using testing::HasSubstr;

const XsnapDialect& old_one() { return xsnap_dialect(kXsnap2021); }
const XsnapDialect& new_one() { return xsnap_dialect(kXsnap2024); }

StartRequest request_for(const char* worker_name) {
  StartRequest request;
  request.setup.label = worker_name;
  return request;
}

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(XsnapDialect, IsFoundByName) {
  EXPECT_EQ(find_dialect("xsnap-2021"), &old_one());
  EXPECT_EQ(find_dialect("xsnap-2024"), &new_one());
  EXPECT_EQ(find_dialect("xsnap"), nullptr);
  EXPECT_EQ(dialect_names(), "xsnap-2021, xsnap-2024");
}

TEST(XsnapDialect, TakesTheUsersMeterLimitThenTheRecordedThenTheDefault) {
  StartRequest request = request_for("v1:a");
  EXPECT_EQ(meter_limit(old_one(), request), 10'000'000U);
  EXPECT_EQ(meter_limit(new_one(), request), kComputronsDefault);
  request.setup.set(kMeterLimit, "100000000");
  EXPECT_EQ(meter_limit(new_one(), request), 100'000'000U);
  request.limits.computrons = 5;
  EXPECT_EQ(meter_limit(new_one(), request), 5U);
  request.limits.computrons = 0;
  EXPECT_EQ(meter_limit(new_one(), request), std::nullopt);
  request.limits.computrons = 2'147'483'648;
  EXPECT_THAT(error_of([&] { static_cast<void>(meter_limit(new_one(), request)); }),
              HasSubstr("more than the engine can take"));
}

TEST(XsnapDialect, GivesTheParserBufferInKilobytes) {
  StartRequest request = request_for("v6:ledger");
  request.options.set("parser-buffer", "16384");
  EXPECT_THAT(worker_arguments(new_one(), request, {}), ElementsAre("v6:ledger", "-s", "16384"));
  EXPECT_THAT(worker_arguments(old_one(), request, 10'000'000),
              ElementsAre("v6:ledger", "-l", "10000000", "-s", "16384"));
}

TEST(XsnapDialect, StartsAFreshWorkerByItsNameAlone) {
  EXPECT_THAT(worker_arguments(new_one(), request_for("v6:ledger"), {}), ElementsAre("v6:ledger"));
  EXPECT_THAT(worker_arguments(old_one(), request_for("v1:alice"), 10'000'000),
              ElementsAre("v1:alice", "-l", "10000000"));
}

TEST(XsnapDialect, KeepsANameFromBeingAnOption) {
  EXPECT_THAT(worker_arguments(new_one(), request_for("-h"), {}), ElementsAre("vat-h"));
  EXPECT_THAT(worker_arguments(new_one(), request_for(""), {}), ElementsAre("vat"));
}

TEST(XsnapDialect, NamesTheHeapByDescriptor) {
  StartRequest request = request_for("v6:ledger");
  request.heap = make_pipe().read_end;
  request.heap_label = "v6-204-79e5";
  EXPECT_THAT(worker_arguments(new_one(), request, 7),
              ElementsAre("v6:ledger", "-r", "@8:v6-204-79e5", "-l", "7"));
  EXPECT_THAT(worker_arguments(old_one(), request, {}),
              ElementsAre("v6:ledger", "-r", "/proc/self/fd/8"));
}

TEST(XsnapDialect, WritesSetBundleAsEachKernelDid) {
  recrank::Setup setup;
  setup.label = "v2:bob";
  setup.set(kVatBundle, R"({"source":"s","moduleFormat":"nestedEvaluate"})");
  setup.set(kVatParameters, R"({"name":"Bob"})");
  EXPECT_EQ(
      set_bundle_command(old_one(), setup),
      R"(?["setBundle","v2",{"source":"s","moduleFormat":"nestedEvaluate"},{"name":"Bob"},null,false])");
  setup.set(kCacheSize, "2");
  setup.set(kEnableDisavow, "true");
  EXPECT_EQ(
      set_bundle_command(old_one(), setup),
      R"(?["setBundle","v2",{"source":"s","moduleFormat":"nestedEvaluate"},{"name":"Bob"},2,true])");
  EXPECT_EQ(set_bundle_command(new_one(), setup),
            R"(?["setBundle","v2",{"source":"s","moduleFormat":"nestedEvaluate"},)"
            R"({"enableDisavow":true,"relaxDurabilityRules":false}])");
}

TEST(XsnapDialect, NamesWhatTheRecordingLacks) {
  recrank::Setup setup;
  setup.label = "v2:bob";
  setup.missing.set(kVatBundle, "b1-99102d");
  EXPECT_THAT(error_of([&] { static_cast<void>(set_bundle_command(new_one(), setup)); }),
              HasSubstr("does not hold the bundle b1-99102d of this vat"));
  setup.set(kVatBundle, "{}");
  EXPECT_THAT(error_of([&] { static_cast<void>(set_bundle_command(old_one(), setup)); }),
              HasSubstr("does not hold the vatParameters of this vat"));
}

TEST(XsnapDialect, TakesTheSourceOutOfABundle) {
  EXPECT_EQ(bundle_source(R"({"moduleFormat":"getExport","source":"a\n\"b\" ☃","x":[1]})", "it"),
            "a\n\"b\" ☃");
  EXPECT_EQ(bundle_source("() => 'plain'\n", "it"), "() => 'plain'\n");
  EXPECT_THAT(error_of([] { static_cast<void>(bundle_source("{\"endoZipBase64\":\"\"}", "it")); }),
              HasSubstr("it: a bundle without \"source\""));
  EXPECT_THAT(error_of([] { static_cast<void>(bundle_source("{\"source\":", "it")); }),
              HasSubstr("it: JSON"));
  EXPECT_THAT(error_of([] { static_cast<void>(bundle_source(" \n", "it")); }),
              HasSubstr("it: is empty"));
}

}  // namespace xsnap_dialect_test
}  // namespace recrank::agoric
