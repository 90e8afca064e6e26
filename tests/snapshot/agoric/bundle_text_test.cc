// A vat's bundle is what its ID says, or it is damaged: there is no third state in which a worker
// would run it and seem to diverge.
#include "snapshot/agoric/bundle_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/little_endian.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank::agoric {
namespace bundle_text_test {

using testing::HasSubstr;

const std::string kMain = "export const main = 1;";
const std::string kOther = "export const other = 2;";

std::string module_words(const std::string& name, const std::string& text) {
  return "\"./" + name + R"(":{"parser":"mjs","location":")" + name + R"(","sha512":")" +
         sha512_hex(text) + "\"}";
}

// Two modules, a module that stands for another, and one that is not hashed.
const std::string kMap =
    R"({"tags":[],"entry":{},"compartments":{"app-v1":{"name":"a","modules":{)" +
    module_words("main.js", kMain) + "," + module_words("other.js", kOther) +
    R"(,"far":{"compartment":"x","module":"."},)"
    R"("bare":{"location":"bare.js"}}}}})";

std::string archive() {
  return zip_of({{"compartment-map.json", kMap},
                 {"app-v1/bare.js", "bare"},
                 {"app-v1/main.js", kMain},
                 {"app-v1/other.js", kOther}});
}

std::string id_of(const std::string& map) { return "b1-" + sha512_hex(map); }
std::string damage_of(const std::string& zip) { return bundle_damage(id_of(kMap), zip); }

TEST(Bundle, IsRightWhenEveryModuleIs) { EXPECT_EQ(damage_of(archive()), ""); }

TEST(Bundle, HasNoBitThatCanFlipUnseen) {
  const std::string whole = archive();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      ASSERT_NE(damage_of(damaged), "") << "byte " << at << " bit " << bit;
    }
  }
}

TEST(Bundle, EndsWhereItsBytesEnd) {
  const std::string whole = archive();
  for (size_t size = 0; size < whole.size(); ++size) {
    ASSERT_NE(damage_of(whole.substr(0, size)), "") << size;
  }
  EXPECT_THAT(damage_of(whole + std::string(10, '\0')), HasSubstr("not the end of a zip"));
  EXPECT_THAT(damage_of("x" + whole), HasSubstr("the directory does not end where it says"));
}

// With a repaired CRC the archive is whole; the map's own sha512 is not met.
TEST(Bundle, WithAnotherModuleAndARepairedChecksumIsDamaged) {
  const std::string other = zip_of({{"compartment-map.json", kMap},
                                    {"app-v1/bare.js", "bare"},
                                    {"app-v1/main.js", "export const main = 9;"},
                                    {"app-v1/other.js", kOther}});
  EXPECT_THAT(damage_of(other), HasSubstr("module app-v1/main.js: has sha512"));
}

TEST(Bundle, HoldsWhatItsMapNamesAndNothingElse) {
  EXPECT_THAT(
      damage_of(zip_of(
          {{"compartment-map.json", kMap}, {"app-v1/bare.js", "bare"}, {"app-v1/main.js", kMain}})),
      HasSubstr("module app-v1/other.js: compartment-map.json names it"));
  EXPECT_THAT(damage_of(zip_of({{"compartment-map.json", kMap},
                                {"app-v1/bare.js", "bare"},
                                {"app-v1/main.js", kMain},
                                {"app-v1/other.js", kOther},
                                {"app-v1/third.js", ""}})),
              HasSubstr("module app-v1/third.js: compartment-map.json does not name it"));
  EXPECT_THAT(damage_of(zip_of({{"app-v1/main.js", kMain}})), HasSubstr("compartment-map.json"));
  const std::string two = zip_of({{"compartment-map.json", kMap}, {"compartment-map.json", kMap}});
  EXPECT_THAT(damage_of(two), HasSubstr("a second member of its name"));
}

TEST(Bundle, WithAMapThatCannotBeReadIsDamaged) {
  for (const std::string& map : {std::string("{"), std::string("[]"), kMap + "x"}) {
    EXPECT_THAT(bundle_damage(id_of(map), zip_of({{"compartment-map.json", map}})),
                HasSubstr("compartment-map.json: JSON"));
  }
}

TEST(Bundle, OfAnotherIdIsDamaged) {
  EXPECT_THAT(bundle_damage(id_of("{}"), archive()), HasSubstr("the bundle ID says otherwise"));
  EXPECT_EQ(bundle_damage("b0-" + sha256_hex("text"), "text"), "");
  EXPECT_THAT(bundle_damage("b0-" + sha256_hex("text"), "test"), HasSubstr("has sha256"));
}

// A bundle that a user gives is as strict, whether it is the zip or the JSON around it.
TEST(BundleFile, IsRefusedWhenItsZipIsDamaged) {
  const std::string whole = archive();
  const std::string json = bundle_json(id_of(kMap), whole);
  EXPECT_EQ(bundle_json_of_file(whole), json);
  EXPECT_EQ(bundle_json_of_file(json), json);
  EXPECT_EQ(bundle_json_of_file("() => 1"), "() => 1");
  const auto refused = [](const std::string& content) {
    try {
      static_cast<void>(bundle_json_of_file(content));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
      return std::string(error.what());
    }
    return std::string("taken");
  };
  const std::string tail = whole.substr(0, whole.size() - 1);
  EXPECT_THAT(refused(tail), HasSubstr("not the end of a zip"));
  EXPECT_THAT(refused(bundle_json(id_of(kMap), tail)), HasSubstr("not the end of a zip"));
  EXPECT_THAT(refused(bundle_json(id_of("{}"), whole)),
              HasSubstr("endoZipBase64Sha512 says otherwise"));
  EXPECT_THAT(refused(R"({"endoZipBase64":"?"})"), HasSubstr("no base64"));
}

}  // namespace bundle_text_test
}  // namespace recrank::agoric
