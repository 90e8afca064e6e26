#include "base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/error.h"
#include "base/fd.h"
#include "base/scratch_dir.h"

namespace recrank {
namespace log_test {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

constexpr std::array<std::string_view, 2> kModules{"wire", "process"};

// What is logged while `body` runs.
std::string logged(std::string_view levels, const std::function<void()>& body) {
  const ScratchDir scratch;
  const auto file = scratch.path() / "log";
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  set_log_descriptor(fd.get());
  set_log_levels(parse_log_levels(levels, kModules));
  body();
  set_log_levels({});
  set_log_descriptor(2);
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::string complaint(std::string_view levels) {
  try {
    static_cast<void>(parse_log_levels(levels, kModules));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  ADD_FAILURE() << levels << " was accepted";
  return "";
}

TEST(Log, WritesALineWithItsFields) {
  const std::string text = logged("process:debug", [] {
    RECRANK_LOG(kDebug, "process", "started", {"pid", 7}, {"program", "/bin/x"},
                {"word", "a \"b\""});
  });
  EXPECT_THAT(text, MatchesRegex(" *[0-9]+\\.[0-9] debug process started pid=7 program=/bin/x "
                                 "word=\"a ..b..\"\n"));
}

TEST(Log, HasNoControlBytesOfOthersAndCutsWhatIsLong) {
  const std::string text = logged("wire:trace", [] {
    RECRANK_LOG(kTrace, "wire", "heard", {"text", "\x1b[31m\n"});
    RECRANK_LOG(kTrace, "wire", "heard", {"text", std::string(100'000, 'x')});
  });
  EXPECT_THAT(text, HasSubstr("\"\\x1b[31m\\x0a\""));
  EXPECT_THAT(text, HasSubstr("(100000 bytes)"));
  EXPECT_LT(text.size(), 1'200U);
}

TEST(Log, MakesNothingOfWhatIsOff) {
  int made = 0;
  const auto costly = [&] { return ++made; };
  EXPECT_THAT(logged("", [&] { RECRANK_LOG(kError, "wire", "e", {"n", costly()}); }), IsEmpty());
  EXPECT_THAT(logged("process:trace",
                     [&] {
                       RECRANK_LOG(kError, "wire", "e", {"n", costly()});
                     }),
              IsEmpty());
  EXPECT_THAT(logged("wire:info",
                     [&] {
                       RECRANK_LOG(kDebug, "wire", "e", {"n", costly()});
                     }),
              IsEmpty());
  EXPECT_EQ(made, 0);
}

TEST(Log, AModuleThatIsNamedGoesBeforeAll) {
  const auto both = [] {
    RECRANK_LOG(kDebug, "wire", "w", {"n", 1});
    RECRANK_LOG(kDebug, "process", "p", {"n", 2});
  };
  EXPECT_THAT(logged("debug", both), testing::AllOf(HasSubstr("wire w"), HasSubstr("process p")));
  const std::string text = logged("all:debug,wire:off", both);
  EXPECT_THAT(text, testing::Not(HasSubstr("wire w")));
  EXPECT_THAT(text, HasSubstr("process p"));
}

TEST(Log, RefusesAndListsWhatThereIs) {
  EXPECT_THAT(complaint("wyre:debug"), HasSubstr("there are: all wire process"));
  EXPECT_THAT(complaint("wire:loud"), HasSubstr("error warn info debug trace"));
  EXPECT_THAT(complaint("wire"), HasSubstr("wire:debug"));
  EXPECT_THAT(complaint("wire:debug,\x1b"), HasSubstr("x1b"));
}

}  // namespace log_test
}  // namespace recrank
