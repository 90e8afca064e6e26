#include "replay/agoric/source_texts.h"

#include <gtest/gtest.h>

#include <string>

#include "base/base64.h"
#include "base/error.h"
#include "base/json_cursor.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank::agoric {
namespace source_texts_test {

// A bundle that evaluates its modules itself, as the supervisor's has been since 2024.
std::string nested_bundle() {
  const std::string supervisor =
      "(function(){\nfunction call() {\n"
      "  return port.call(['syscall', vatSyscallObject]);\n}\n"
      "case 'deliver': {\n  return dispatch(vatDeliveryObject);\n}\n})";
  return "(sourceUrlPrefix) => ((functors => {\n})([\n// === 0. a ===\n[" +
         json_quote("(function(){\n'a';\n})") + ",\"a/index.js\"],\n// === 1. supervisor ===\n[" +
         json_quote(supervisor) + ",\"supervisor/lib/main.js\"],\n]))({\n  sourceUrlPrefix,\n})\n";
}

TEST(SourceTexts, TheSupervisorsLinesAreFoundByTheirWords) {
  const auto lines = find_supervisor_lines(nested_bundle());
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->path, "/bundled-source/.../supervisor/lib/main.js");
  EXPECT_EQ(lines->call_line, 3U);
  EXPECT_EQ(lines->delivery_line, 6U);
}

TEST(SourceTexts, ABundleOf2021IsOneTextWithItsNameAtTheEnd) {
  const auto lines = find_supervisor_lines(
      "function getExport() {\n 'use strict';\n  port.call(['syscall', vatSyscallObject])\n"
      "  return dispatch(vatDeliveryObject)\n}\n//# sourceURL=/src/supervisor.js\n");
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->path, "/src/supervisor.js");
  EXPECT_EQ(lines->call_line, 3U);
  EXPECT_EQ(lines->delivery_line, 4U);
}

TEST(SourceTexts, ASupervisorWithoutTheseLinesHasNone) {
  EXPECT_FALSE(find_supervisor_lines(""));
  EXPECT_FALSE(find_supervisor_lines("port.call(['syscall', vatSyscallObject])"));
  EXPECT_FALSE(find_supervisor_lines("[\"port.call(['syscall', vatSyscallObject])"));
}

TEST(SourceTexts, AModuleOfAProgramIsGivenAsItIsEvaluated) {
  EXPECT_EQ(module_of_program(nested_bundle(), "/bundled-source/.../a/index.js"),
            "(function(){\n'a';\n})");
  EXPECT_FALSE(module_of_program(nested_bundle(), "/bundled-source/.../b/index.js"));
  EXPECT_FALSE(module_of_program(nested_bundle(), ".../a/index.js"));
  EXPECT_FALSE(module_of_program("", "/bundled-source/.../a/index.js"));
}

TEST(SourceTexts, OnlyWhatHasANameAndIsNotOfTheSupervisorIsTheVats) {
  EXPECT_TRUE(is_path_of_vat(".../contract/start.js"));
  EXPECT_FALSE(is_path_of_vat("/bundled-source/.../ses/src/commons.js"));
  EXPECT_FALSE(is_path_of_vat("#672"));
  EXPECT_FALSE(is_path_of_vat(""));
}

std::string vat_bundle(const std::string& zip) {
  return "{\"moduleFormat\":\"endoZipBase64\",\"endoZipBase64\":\"" + encode_base64(zip) + "\"}";
}

TEST(SourceTexts, AModuleOfAVatIsFoundByTheNameOfItsPackage) {
  const std::string program = "({imports:x})=>(function(){\n\nopen();\n})";
  const std::string bundle = vat_bundle(
      zip_of({{"compartment-map.json", "{}"},
              {"@endo/errors-v1.3.1/index.js", "{\"__syncModuleProgram__\":\"errors\"}"},
              {"vats-v0.0.0/ledger.js",
               "{\"imports\":[],\"__syncModuleProgram__\":" + json_quote(program) + "}"}}));
  EXPECT_EQ(module_of_bundle(bundle, ".../vats/ledger.js"), program);
  EXPECT_EQ(module_of_bundle(bundle, ".../errors/index.js"), "errors");
  EXPECT_FALSE(module_of_bundle(bundle, ".../vats/other.js"));
  EXPECT_FALSE(module_of_bundle(bundle, ".../othervats/ledger.js"));
  EXPECT_FALSE(module_of_bundle("{\"moduleFormat\":\"getExport\",\"source\":\"\"}", "a/b.js"));
}

TEST(SourceTexts, ADamagedBundleIsDamage) {
  const std::string zip = zip_of({{"vats-v0.0.0/ledger.js", "{}"}});
  EXPECT_THROW(
      (void)module_of_bundle(vat_bundle(zip.substr(0, zip.size() - 1)), ".../vats/ledger.js"),
      Error);
  EXPECT_THROW((void)module_of_bundle("{\"endoZipBase64\":7}", ".../vats/ledger.js"), Error);
}

}  // namespace source_texts_test
}  // namespace recrank::agoric
