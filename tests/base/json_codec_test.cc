#include "base/json_codec.h"

#include <gmock/gmock.h>

#include <functional>
#include <string>

#include "base/error.h"

namespace recrank {
namespace json_codec_test {

using testing::HasSubstr;

enum class Colour { kRed, kBlue };
constexpr std::pair<Colour, std::string_view> kColours[] = {{Colour::kRed, "red"},
                                                            {Colour::kBlue, "blue"}};

struct Wheel {
  uint64_t address = 0;
  std::optional<int> turns;
  bool operator==(const Wheel&) const = default;
};

struct Cart {
  std::string name;
  Colour colour = Colour::kRed;
  std::vector<Wheel> wheels;
  std::map<std::string, std::vector<std::string>> load;
  std::pair<std::string, std::string> ends;
  std::string note;
  bool old = false;
  int age = 7;
  bool operator==(const Cart&) const = default;
};

template <typename Members>
void json_members(Members& of, Wheel& wheel) {
  of.required("address", wheel.address, JsonHex());
  of.sparse("turns", wheel.turns, JsonNumber<int>{.least = -5, .most = 5});
  of.pass_over_others();
}

template <typename Members>
void json_members(Members& of, Cart& cart) {
  of.schema("cart/1");
  of.required("name", cart.name);
  of.required("colour", cart.colour, JsonWords{kColours});
  of.required("wheels", cart.wheels, JsonList<JsonForm<Wheel>>{2});
  of.object("inside", [&](auto& inside) {
    inside.required("load", cart.load);
    inside.required("ends", cart.ends);
  });
  of.sparse("note", cart.note);
  of.sparse("old", cart.old);
  of.optional("age", cart.age);
}

Cart full() {
  return {"a\"b",
          Colour::kBlue,
          {{0x18, -5}, {1, std::nullopt}},
          {{"x\n", {"1", ""}}},
          {"l", "r"},
          "n",
          true,
          3};
}

constexpr std::string_view kFull =
    R"({"schema":"cart/1","name":"a\"b","colour":"blue","wheels":[{"address":"0x18","turns":-5},)"
    R"({"address":"0x1"}],"inside":{"load":{"x\n":["1",""]},"ends":["l","r"]},"note":"n",)"
    R"("old":true,"age":3})";

// What is told when in the full text `from` stands as `to`.
std::string refusal(const std::string& from, const std::string& to) {
  std::string text(kFull);
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  try {
    static_cast<void>(read_json<Cart>(text, "cart.json"));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    return error.what();
  }
  return "taken";
}

TEST(JsonCodec, WritesInOrderAndReadsItBack) {
  EXPECT_EQ(write_json(full()), kFull);
  EXPECT_EQ(read_json<Cart>(kFull, "cart.json"), full());
  EXPECT_EQ(write_json(std::vector<std::string>{"a", "\n"}), R"(["a","\n"])");
}

TEST(JsonCodec, LeavesOutWhatHoldsNothing) {
  const std::string text = write_json(Cart{});
  EXPECT_THAT(text, HasSubstr(R"("ends":["",""]},"age":7})"));
  EXPECT_EQ(read_json<Cart>(text, "cart.json"), Cart{});
}

TEST(JsonCodec, ReadsMembersInAnyOrderAndKeepsWhatIsMissing) {
  const Wheel wheel = read_json<Wheel>(R"( {"later":[{}], "turns" :5,"address":"0x0"} )", "w");
  EXPECT_EQ(wheel, (Wheel{0, 5}));
  EXPECT_EQ(refusal(R"(,"age":3)", ""), "taken");
}

TEST(JsonCodec, RefusesWhatIsNotSoAndSaysWhere) {
  EXPECT_EQ(refusal("cart/1", "cart/2"), "cart.json: its schema is not cart/1");
  EXPECT_EQ(refusal(R"("name":"a\"b",)", ""), "cart.json: it lacks 'name'");
  EXPECT_EQ(refusal(R"("note")", R"("name")"), "cart.json: it has 'name' twice");
  EXPECT_EQ(refusal(R"("note")", R"("nota")"), "cart.json: unknown member 'nota'");
  EXPECT_EQ(refusal(R"("ends")", R"("other":1,"ends")"),
            "cart.json: inside: unknown member 'other'");
  EXPECT_EQ(refusal("blue", "green"), "cart.json: colour: 'green' is not one of its words");
  EXPECT_EQ(refusal("-5", "-6"), "cart.json: wheels[0].turns: not a number from -5 to 5");
  EXPECT_EQ(refusal("-5", "1.0"), "cart.json: wheels[0].turns: not a number from -5 to 5");
  EXPECT_EQ(refusal("0x18", "0x"), "cart.json: wheels[0].address: not a hexadecimal number");
  EXPECT_EQ(refusal("0x18", "0x10000000000000000"),
            "cart.json: wheels[0].address: not a hexadecimal number");
  EXPECT_EQ(refusal(R"({"address":"0x1"})", R"({"address":"0x1"},{"address":"0x1"})"),
            "cart.json: wheels: more than 2 elements");
  EXPECT_EQ(refusal(R"("l",)", ""), "cart.json: inside.ends: not a pair");
  EXPECT_EQ(refusal(R"(["1",""])", R"(["1",""],"x\n":[])"),
            "cart.json: inside.load.x\\x0a: it is there twice");
  EXPECT_THAT(refusal("true", "1"), HasSubstr("cart.json: old: JSON: "));
  EXPECT_THAT(refusal(R"("note":"n")", R"("note":)"), HasSubstr("cart.json: JSON: "));
  EXPECT_THAT(refusal(R"("age":3})", R"("age":3}})"), HasSubstr("cart.json: JSON: "));
}

TEST(JsonCodec, CutAnywhereIsRefused) {
  for (size_t size = 0; size < kFull.size(); ++size) {
    EXPECT_THROW(static_cast<void>(read_json<Cart>(kFull.substr(0, size), "cart.json")), Error);
  }
}

TEST(JsonCodec, AHashIsSixtyFourDigits) {
  const auto read = [](const std::string& text) {
    JsonCursor in(text);
    return JsonSha256::read(in, JsonAt("f"));
  };
  const std::string hash(64, 'a');
  EXPECT_EQ(read('"' + hash + '"'), hash);
  EXPECT_THROW(read('"' + hash + "a\""), Error);
  EXPECT_THROW(read('"' + std::string(64, 'A') + '"'), Error);
}

}  // namespace json_codec_test
}  // namespace recrank
