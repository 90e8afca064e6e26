#include "replay/agoric/vatstore_model.h"

#include <gtest/gtest.h>

#include <map>

#include "base/json_cursor.h"

namespace recrank::agoric {
namespace vatstore_model_test {

using Verb = VatstoreCall::Verb;

std::string ask(VatstoreModel& model, const std::string& call) {
  const auto parsed = parse_vatstore_call(call);
  if (!parsed) return "not a call";
  return model.apply(*parsed).value_or("unknown");
}

TEST(VatstoreModel, AnswersAsAKernelDoes) {
  VatstoreModel model = VatstoreModel::empty_store();
  EXPECT_EQ(ask(model, R"(["vatstoreGet","idCounters"])"), R"(["ok",null])");
  EXPECT_EQ(ask(model, R"(["vatstoreSet","vc.3.|entryCount","0"])"), R"(["ok",null])");
  EXPECT_EQ(ask(model, R"(["vatstoreGetNextKey","vc.3."])"), R"(["ok","vc.3.|entryCount"])");
  EXPECT_EQ(ask(model, R"(["vatstoreGetNextKey",""])"), R"(["ok","vc.3.|entryCount"])");
  EXPECT_EQ(ask(model, R"(["vatstoreGetNextKey","vc.3.|entryCount"])"), R"(["ok",null])");
  EXPECT_EQ(ask(model, R"(["vatstoreGet","vc.3.|entryCount"])"), R"(["ok","0"])");
  EXPECT_EQ(ask(model, R"(["vatstoreSet","q","{\"body\":\"#\\\"é\\\"\"}"])"), R"(["ok",null])");
  EXPECT_EQ(ask(model, R"(["vatstoreGet","q"])"), R"(["ok","{\"body\":\"#\\\"é\\\"\"}"])");
  EXPECT_EQ(ask(model, R"(["vatstoreDelete","vc.3.|entryCount"])"), R"(["ok",null])");
  EXPECT_EQ(ask(model, R"(["vatstoreGet","vc.3.|entryCount"])"), R"(["ok",null])");
  EXPECT_EQ(ask(model, R"(["vatstoreGetNextKey",""])"), R"(["ok","q"])");
}

TEST(VatstoreModel, AnEmptyValueReadsAsNullAndIsThereAllTheSame) {
  VatstoreModel model = VatstoreModel::empty_store();
  EXPECT_EQ(ask(model, R"(["vatstoreSet","k",""])"), R"(["ok",null])");
  EXPECT_EQ(ask(model, R"(["vatstoreGet","k"])"), R"(["ok",null])");
  EXPECT_EQ(ask(model, R"(["vatstoreGetNextKey","a"])"), R"(["ok","k"])");
}

TEST(VatstoreModel, TakesBackTheWritesOfAFailedDelivery) {
  VatstoreModel model = VatstoreModel::empty_store();
  EXPECT_EQ(ask(model, R"(["vatstoreSet","k","1"])"), R"(["ok",null])");
  model.commit();
  EXPECT_EQ(ask(model, R"(["vatstoreSet","k","2"])"), R"(["ok",null])");
  EXPECT_EQ(ask(model, R"(["vatstoreSet","n","2"])"), R"(["ok",null])");
  EXPECT_EQ(ask(model, R"(["vatstoreDelete","k"])"), R"(["ok",null])");
  model.roll_back();
  EXPECT_EQ(ask(model, R"(["vatstoreGet","k"])"), R"(["ok","1"])");
  EXPECT_EQ(ask(model, R"(["vatstoreGetNextKey","k"])"), R"(["ok",null])");
}

TEST(VatstoreModel, OfAnUnknownStoreNothingIsGuessed) {
  VatstoreModel model;
  EXPECT_FALSE(model.knows_all());
  EXPECT_EQ(ask(model, R"(["vatstoreGet","k"])"), "unknown");
  EXPECT_EQ(ask(model, R"(["vatstoreGetNextKey",""])"), "unknown");
  EXPECT_EQ(ask(model, R"(["vatstoreSet","k","1"])"), R"(["ok",null])");
  EXPECT_EQ(ask(model, R"(["vatstoreGet","k"])"), R"(["ok","1"])");
  EXPECT_EQ(ask(model, R"(["vatstoreGetNextKey","j"])"), "unknown");
}

TEST(VatstoreModel, OtherCallsAndNonsenseAreNotItsOwn) {
  for (const char* text :
       {"", "[]", "{}", R"(["send","o-1",{}])", R"(["vatstoreGetAfter","","a"])",
        R"(["vatstoreGet"])", R"(["vatstoreGet",1])", R"(["vatstoreGet","a","b"])",
        R"(["vatstoreSet","a"])", R"(["vatstoreGet","a"] x)", R"(["vatstoreGet","a")"}) {
    EXPECT_FALSE(parse_vatstore_call(text)) << text;
  }
}

TEST(VatstoreLearner, AContradictionIsTold) {
  VatstoreLearner learner(VatstoreModel::empty_store());
  EXPECT_TRUE(learner.learn({Verb::kSet, "k", "1"}, R"(["ok",null])"));
  EXPECT_FALSE(learner.learn({Verb::kGet, "k", ""}, R"(["ok","2"])"));
  EXPECT_NE(learner.contradiction(), "");
}

// A true store, ordered by bytes as well; the oracle of the property below.
class Oracle {
 public:
  std::string apply(const VatstoreCall& call) {
    const auto text = [](const std::string& value) { return "[\"ok\"," + json_quote(value) + "]"; };
    const char* const null = R"(["ok",null])";
    if (call.verb == Verb::kSet) keys_[call.key] = call.value;
    if (call.verb == Verb::kDelete) keys_.erase(call.key);
    if (call.verb == Verb::kGet && keys_.contains(call.key) && !keys_[call.key].empty()) {
      return text(keys_[call.key]);
    }
    if (call.verb != Verb::kNextKey) return null;
    const auto next = keys_.upper_bound(call.key);
    return next == keys_.end() ? null : text(next->first);
  }

 private:
  std::map<std::string, std::string> keys_;
};

class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed * 2654435761U + 1) {}
  uint64_t below(uint64_t bound) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state_ >> 33) % bound;
  }
  VatstoreCall call() {
    const std::string key(1 + below(2), static_cast<char>('a' + below(5)));
    const std::string value = below(8) == 0 ? "" : std::to_string(below(9));
    return {static_cast<Verb>(below(4)), key, value};
  }

 private:
  uint64_t state_;
};

TEST(VatstoreLearner, WhatItSaysAboutTheBeginningIsTrueWhateverHappenedSince) {
  size_t told = 0;
  size_t asked = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Dice dice(seed);
    Oracle store;
    for (uint64_t i = dice.below(12); i > 0; --i) (void)store.apply(dice.call());
    const Oracle beginning = store;
    VatstoreLearner learner{VatstoreModel()};
    for (uint64_t delivery = 0; delivery < 6; ++delivery) {
      const Oracle before = store;
      for (uint64_t i = dice.below(6); i > 0; --i) {
        const VatstoreCall call = dice.call();
        ASSERT_TRUE(learner.learn(call, store.apply(call)))
            << "seed " << seed << ": " << learner.contradiction();
      }
      const bool stays = dice.below(4) != 0;
      learner.end_delivery(stays);
      if (!stays) store = before;
    }
    for (uint64_t round = 0; round < 5; ++round) {
      Oracle oracle = beginning;
      VatstoreModel model = learner.begin();
      for (uint64_t i = 0; i < 20; ++i) {
        const VatstoreCall call = dice.call();
        const std::string truth = oracle.apply(call);
        const auto answer = model.apply(call);
        ++asked;
        told += answer.has_value();
        ASSERT_EQ(answer.value_or(truth), truth) << "seed " << seed << " key " << call.key;
      }
    }
  }
  EXPECT_GT(told * 10, asked * 5);  // and it says something at all
  EXPECT_LT(told, asked);
}

TEST(VatstoreLearner, FromGenesisEveryAnswerIsTold) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Dice dice(seed);
    Oracle store;
    VatstoreModel model = VatstoreModel::empty_store();
    for (uint64_t i = 0; i < 100; ++i) {
      const VatstoreCall call = dice.call();
      ASSERT_EQ(model.apply(call), store.apply(call));
    }
    EXPECT_TRUE(model.knows_all());
  }
}

}  // namespace vatstore_model_test
}  // namespace recrank::agoric
