#include "replay/agoric/delivery_matter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace recrank::agoric {
namespace delivery_matter_test {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

StepMatter matter(std::string_view delivery, std::vector<ExpectedCall> calls = {}) {
  Step step;
  step.delivery = delivery;
  step.calls = std::move(calls);
  return matter_of_delivery(step);
}

TEST(DeliveryMatter, NamesMethodAndArgumentsOfBothEras) {
  EXPECT_THAT(
      matter(
          R"(["message","o+0",{"methargs":{"body":"#[\"issue\",[31,\"$0\"]]","slots":["o-5"]},"result":"p-8"}])")
          .asked,
      ElementsAre(Pair("target", "o+0"), Pair("method", "issue"), Pair("arguments", R"([31,"$0"])"),
                  Pair("slots", R"(["o-5"])"), Pair("result", "p-8")));
  EXPECT_THAT(
      matter(
          R"(["message","o+0",{"method":"issue","args":{"body":"[31]","slots":[]},"result":null}])")
          .asked,
      ElementsAre(Pair("target", "o+0"), Pair("method", "issue"), Pair("arguments", "[31]")));
}

TEST(DeliveryMatter, SaysWhatTheSlotsAreThatAreNamedAnywhere) {
  const StepMatter found = matter(
      R"(["notify",[["p-8",{"data":{"body":"#\"$0\"","slots":["o-50"]}}]]])",
      {{R"(["vatstoreSet","k","{\"body\":\"#1\",\"slots\":[\"o+v11/4\"]}"])", "[\"ok\",null]"},
       {R"(["callNow","d-70","add",{"body":"#[]","slots":["p+5"]}])", "[\"ok\",null]"},
       {R"(["send","o+d10/1:0",{}])", "[\"ok\",null]"}});
  EXPECT_THAT(found.names,
              ElementsAre(Pair("p-8", "a promise of the kernel"), Pair("o-50", "an import"),
                          Pair("o+v11/4", "a virtual object of its own"), Pair("d-70", "a device"),
                          Pair("p+5", "a promise that it made"),
                          Pair("o+d10/1:0", "a durable object of its own")));
}

TEST(DeliveryMatter, TakesNoOtherTextForASlot) {
  EXPECT_THAT(matter(R"(["message","o+","o-x","p5","x-5","o+5x","p+v5","o+v","-","o-"])").names,
              IsEmpty());
}

TEST(DeliveryMatter, TellsWhatWasInTheStoreAndWhatIsLeftThere) {
  const auto store =
      matter(R"(["bringOutYourDead"])", {{R"(["vatstoreGet","a"])", R"(["ok","1"])"},
                                         {R"(["vatstoreSet","a","2"])", R"(["ok",null])"},
                                         {R"(["vatstoreGet","a"])", R"(["ok","2"])"},
                                         {R"(["vatstoreSet","a","3"])", R"(["ok",null])"},
                                         {R"(["vatstoreGet","b"])", R"(["ok",null])"},
                                         {R"(["vatstoreSet","c","1"])", R"(["ok",null])"},
                                         {R"(["vatstoreDelete","c"])", R"(["ok",null])"},
                                         {R"(["vatstoreGetNextKey","a"])", R"(["ok","b"])"}})
          .store;
  ASSERT_THAT(store, SizeIs(3));
  EXPECT_EQ(store[0].key, "a");
  EXPECT_EQ(store[0].found, "1");
  EXPECT_EQ(store[0].left, "3");
  EXPECT_TRUE(store[1].read);
  EXPECT_FALSE(store[1].found);
  EXPECT_FALSE(store[1].written);
  EXPECT_FALSE(store[2].read);
  EXPECT_TRUE(store[2].written);
  EXPECT_FALSE(store[2].left);
}

TEST(DeliveryMatter, OfHostileTextTellsWhatItCan) {
  for (const std::string& text :
       {std::string(), std::string("["), std::string("[\"message\""),
        std::string("[\"message\",7]"), std::string(R"(["message","o+0",{"methargs":7}])"),
        std::string(R"(["message","o+0",{"methargs":{"body":"#{"}}])"),
        std::string(R"(["message","o+0",{"args":{"body":7}}])"), std::string(10'000, '['),
        std::string("\xff\x00[", 3)}) {
    const StepMatter found = matter(
        text, {{text, text}, {"[\"vatstoreGet\",7]", "7"}, {"[\"vatstoreGet\",\"k\"]", text}});
    EXPECT_LE(found.names.size(), 1U) << text;
  }
}

}  // namespace delivery_matter_test
}  // namespace recrank::agoric
