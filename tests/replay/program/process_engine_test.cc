// A program is as hostile as any engine: whatever it does, an event has an outcome.

#include "replay/program/process_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/secret_setting.h"
#include "replay/judge/findings.h"
#include "replay/judge/same_finding.h"
#include "replay/judge/step_end.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/journal/dialect_names.h"
#include "tests/support/replay/program_home.h"

namespace recrank::program {
namespace process_engine_test {

using namespace agoric;

using testing::HasSubstr;
using testing::StartsWith;

const Interrupt kNoInterrupt;

class NoCalls : public CallHandler {
 public:
  std::optional<std::string_view> on_call(std::string_view) override { return std::nullopt; }
};

std::string told(const StepOutcome& outcome) {
  if (const auto* done = std::get_if<StepDone>(&outcome))
    return "answered " + std::string(done->result);
  const Verdict verdict = verdict_of_end(outcome, 0);
  if (verdict.limit)
    return "limit " + std::string(to_string(verdict.limit->kind)) + " " + verdict.limit->value;
  if (verdict.kind == VerdictKind::kCrashed) {
    return "crashed " + std::to_string(verdict.end.exit_status) + " " + verdict.end.meaning + ";" +
           verdict.detail + ";" + verdict.end.last_words;
  }
  return std::string(to_string(verdict.kind)) + " " + verdict.reason;
}

// The stand-in that is running, as its parent numbers it: it may be in a namespace of processes.
pid_t running_stand_in() {
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream list(thread.path() / "children");
    for (pid_t child = 0; list >> child;) {
      const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(child) + "/exe");
      if (program.filename() == "fake_program") return child;
    }
  }
  return 0;
}

// A program of the stand-in that is given one event after the other.
class Program {
 public:
  explicit Program(std::string_view members = "", double step_wall_s = 60)
      : home_(members),
        engine_(make_process_engine(
            load_program(EngineFile(home_.engine_file()), "fake", {}, kNoInterrupt))) {
    StartRequest request;
    request.dialect = kProcessDialect;
    request.limits.step_wall_s = step_wall_s;
    request.limits.frame_bytes_max = 1 << 20;
    request.limits.cpu_s = 600;
    request.limits.memory_bytes = 512 << 20;
    run_ = engine_->start(std::move(request), kNoInterrupt).run;
  }
  std::string give(const std::string& event) {
    NoCalls none;
    return told(run_->apply(step_of(event), none));
  }
  Verdict verdict_of(const std::string& event) {
    NoCalls none;
    return verdict_of_end(run_->apply(step_of(event), none), 0);
  }
  [[nodiscard]] const Engine& engine() const { return *engine_; }
  [[nodiscard]] const ProgramHome& home() const { return home_; }
  [[nodiscard]] Run& run() { return *run_; }

 private:
  const Step& step_of(const std::string& event) {
    step_.text = event;
    step_.delivery = step_.text;
    return step_;
  }

  ProgramHome home_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Run> run_;
  Step step_;
};

std::string act(const std::string& word) { return "{\"do\":\"" + word + "\"}"; }

TEST(ProcessEngine, GivesEachEventAsItStandsAndTakesOneLineForIt) {
  Program program;
  EXPECT_EQ(program.give("{\"a\": 1}"), "answered {\"n\":0,\"got\":{\"a\": 1}}");
  EXPECT_EQ(program.give("[\"\\u0041é\"]"), "answered {\"n\":1,\"got\":[\"\\u0041é\"]}");
  EXPECT_EQ(program.give(act("empty_line")), "answered ");
  const std::string large = "\"" + std::string(900'000, 'x') + "\"";
  EXPECT_EQ(program.give(large), "answered {\"n\":3,\"got\":" + large + "}");
}

struct Misbehaviour {
  const char* act;
  const char* outcome;  // how it begins
};

class ProgramMisbehaviour : public testing::TestWithParam<Misbehaviour> {};

TEST_P(ProgramMisbehaviour, HasAnOutcomeAndLeavesNothingBehind) {
  {
    const bool waits = std::string_view(GetParam().outcome).find("0.4 s") != std::string_view::npos;
    Program program("", waits ? 0.4 : 60);
    EXPECT_THAT(program.give("{}"), StartsWith("answered"));
    EXPECT_THAT(program.give(act(GetParam().act)), StartsWith(GetParam().outcome));
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

INSTANTIATE_TEST_SUITE_P(
    Each, ProgramMisbehaviour,
    testing::Values(
        Misbehaviour{"hang", "limit step-wall 0.4 s"},
        Misbehaviour{"spin", "limit step-wall 0.4 s"},
        Misbehaviour{
            "flood",
            "crashed 0 broke the protocol;the engine broke the protocol: wrote more than 1.0 MiB"},
        Misbehaviour{"half",
                     "crashed 0 broke the protocol;the engine broke the protocol: left within a "
                     "line: '{\"n\":'"},
        Misbehaviour{"half_and_die", "crashed 0 SIGSEGV"},
        Misbehaviour{"exit0", "crashed 0 left without an answer"},
        Misbehaviour{"exit1", "crashed 1 it ended itself;;error: no such thing"},
        Misbehaviour{"exit11", "crashed 11 it ended itself"},  // not a worker's "memory full"
        Misbehaviour{"term", "crashed 0 SIGTERM"},
        Misbehaviour{"exit132", "crashed 132 as a shell tells of SIGILL"},
        Misbehaviour{"segv", "crashed 0 SIGSEGV"},
        Misbehaviour{"kill", "unjudged the engine was killed by SIGKILL"},
        Misbehaviour{"close_stdout", "crashed 0 broke the protocol;"},
        Misbehaviour{"hog", "crashed 0 SIGABRT"}),
    [](const auto& each) { return std::string(each.param.act); });

std::string dies_with(const std::string& words, int status) {
  return "{\"do\":\"exit_with\",\"status\":" + std::to_string(status) + ",\"words\":\"" + words +
         "\"}";
}

TEST(ProcessEngine, ExitsOfOneStatusAreToldApartByTheirLastWords) {
  const auto found = [](const std::string& words) {
    Program program;
    return program.verdict_of(dies_with(words, 3));
  };
  EXPECT_EQ(found("no table prices").signature, "exit 3 \"no table prices\"");
  EXPECT_TRUE(same_finding(found("no table prices"), found("no table prices")));
  EXPECT_FALSE(same_finding(found("no table prices"), found("no row 7 in orders")));
  Program silent;
  EXPECT_TRUE(known_by_status_only(silent.verdict_of(act("exit11"))));
}

TEST(ProcessEngine, LastWordsAreThoseOfTheStepThatItDiedIn) {
  Program program;
  EXPECT_EQ(program.give(act("chatter")), "answered \"quiet\"");
  const ProcessEnd end = program.verdict_of(dies_with("no table", 3)).end;
  EXPECT_EQ(end.last_words, "no table");
  EXPECT_FALSE(end.words_of_before);
  Program silent;
  EXPECT_EQ(silent.give(act("chatter")), "answered \"quiet\"");
  const Verdict verdict = silent.verdict_of(act("exit11"));
  EXPECT_EQ(verdict.end.last_words, "a word on stderr");
  EXPECT_TRUE(verdict.end.words_of_before);
  EXPECT_EQ(verdict.signature, "exit 11 it ended itself");
}

TEST(ProcessEngine, AHangThatWaitsIsNoneThatComputes) {
  Program waits("", 0.5);
  Program computes("", 0.5);
  const Verdict idle = waits.verdict_of(act("hang"));
  const Verdict busy = computes.verdict_of(act("spin"));
  EXPECT_EQ(idle.limit->end.pace, HangPace::kIdle);
  EXPECT_EQ(busy.limit->end.pace, HangPace::kBusy);
  EXPECT_THAT(idle.limit->used, HasSubstr("it waited"));
  EXPECT_FALSE(same_finding(idle, busy));
}

TEST(ProcessEngine, AnEndWithAllFilesOpenNamesTheLimitFirst) {
  Program program(R"(,"open_files":40)");
  EXPECT_EQ(program.verdict_of(act("open_all")).end.own_limit,
            "open files (40: \"open_files\" in the engine file)");
  Program words;
  EXPECT_EQ(words.verdict_of(dies_with("Error: EMFILE: too many open files", 1)).end.own_limit,
            "open files (1,024: \"open_files\" in the engine file)");
}

TEST(ProcessEngine, ASignalFromOutsideStaysOneBehindTheProgramsOwnHandler) {
  Program program;
  ASSERT_THAT(program.give(act("handle_and_tell_pid")), StartsWith("answered "));
  const pid_t pid = running_stand_in();
  ASSERT_GT(pid, 0);
  ::kill(pid, SIGSEGV);
  EXPECT_THAT(program.give("{}"),
              StartsWith("unjudged the engine was killed by SIGSEGV from outside"));
}

TEST(ProcessEngine, ItsOwnFaultStaysItsOwnBehindItsHandler) {
  Program program;
  EXPECT_THAT(program.give(act("handled_segv")), StartsWith("crashed 0 SIGILL"));
}

TEST(ProcessEngine, ALineTooManyIsFoundBeforeTheNextEvent) {
  Program program;
  EXPECT_EQ(program.give(act("two_lines")), "answered 1");
  EXPECT_THAT(program.give("{}"), HasSubstr("wrote 2 bytes behind its one line for an event"));
}

TEST(ProcessEngine, AFloodOfLinesIsFoundAsSoonAsItIsAheadOfUs) {
  Program program;
  EXPECT_EQ(program.give(act("flood_lines")), "answered 1");
  std::string outcome = "answered 1";
  for (int i = 0; i < 1000 && outcome == "answered 1"; ++i) outcome = program.give("{}");
  EXPECT_THAT(outcome, HasSubstr("bytes behind its one line for an event"));
}

TEST(ProcessEngine, OneThatLeavesBetweenTwoEventsFailsTheSecond) {
  Program program;
  EXPECT_EQ(program.give(act("last")), "answered \"last\"");
  EXPECT_THAT(program.give("{}"), StartsWith("crashed 0 left without an answer"));
}

TEST(ProcessEngine, OneThatHearsNoMoreIsAHang) {
  Program program("", 0.4);
  EXPECT_EQ(program.give(act("close_stdin")), "answered \"no more\"");
  EXPECT_THAT(program.give("{}"), StartsWith("limit step-wall 0.4 s"));
}

TEST(ProcessEngine, KeepsStderrOutOfTheAnswers) {
  Program program;
  EXPECT_EQ(program.give(act("chatter")), "answered \"quiet\"");
}

TEST(ProcessEngine, GivesTheProgramWhatTheFileNamesAndNothingElse) {
  ::setenv("RECRANK_TEST_LEAK", "1", 1);
  Program program(R"(,"environment":{"MODE":"replay","LANG":"C.UTF-8"},"open_files":200)");
  EXPECT_EQ(program.give(act("environment")),
            "answered \"PATH=/usr/bin:/bin;LANG=C.UTF-8;MODE=replay;\"");
  EXPECT_EQ(program.give(act("open_files")), "answered 200");
  EXPECT_EQ(Program().give(act("open_files")), "answered 1024");
  EXPECT_EQ(program.give(act("descriptors")), "answered \"0 1 2 \"");
  EXPECT_EQ(program.give(act("directory")), "answered \"" + program.home().path().string() + "\"");
}

TEST(ProcessEngine, IsKnownByProgramArgumentsTheirFilesAndEnvironment) {
  const ProgramHome home(R"(,"arguments":["app.js","--fast"],"environment":{"MODE":"replay"})");
  home.write("app.js", "1");
  const EngineIdentity one =
      load_program(EngineFile(home.engine_file()), "fake", {}, kNoInterrupt).identity;
  EXPECT_EQ(one.version, "fake_program 7.0");
  EXPECT_EQ(one.dialect, "process");
  EXPECT_EQ(one.sha256.size(), 64U);
  EXPECT_EQ(one.arguments, (std::vector<std::string>{"app.js", "--fast"}));
  ASSERT_EQ(one.files.size(), 1U);
  EXPECT_EQ(one.files[0].first, "app.js");
  home.write("app.js", "2");
  EXPECT_NE(load_program(EngineFile(home.engine_file()), "fake", {}, kNoInterrupt).identity.files,
            one.files);
}

TEST(ProcessEngine, HasNoHeapsAndTakesNoVats) {
  Program program;
  std::string sha256;
  EXPECT_THROW((void)program.run().write_snapshot(sha256), Error);
  StartRequest vat;
  vat.dialect = kXsnap2024;
  try {
    (void)program.engine().start(std::move(vat), kNoInterrupt);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("xsnap-2024"));
  }
}

std::string refusal(const std::string& file_text, ErrorCode code = ErrorCode::kInvalidData) {
  const ProgramHome home;
  try {
    (void)load_program(EngineFile(home.write("e.json", file_text)), "e", {}, kNoInterrupt);
    return "loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
}

std::string file_with(const std::string& members) {
  return R"({"schema":"recrank.engine/1","kind":"process")" + members + "}";
}

TEST(EngineFile, SaysWhatIsWrongWithIt) {
  EXPECT_THAT(refusal("{"), HasSubstr("e.json: not an engine file"));
  EXPECT_THAT(refusal("[]"), HasSubstr("schema"));
  EXPECT_THAT(refusal(R"({"schema":"recrank.engine/1","kind":7})"),
              HasSubstr("kind: not a string"));
  EXPECT_THAT(refusal(file_with("")), HasSubstr("no \"program\""));
  EXPECT_THAT(refusal(file_with(R"(,"program":7)")), HasSubstr("program: not a string"));
  EXPECT_THAT(refusal(file_with(R"(,"program":"no-such-program-anywhere")")), HasSubstr("on PATH"));
  EXPECT_THAT(refusal(file_with(R"(,"program":"./absent")"), ErrorCode::kWorker),
              HasSubstr("no file"));
  EXPECT_THAT(refusal(file_with(R"(,"program":"./e.json")"), ErrorCode::kWorker),
              HasSubstr("not executable"));
  const std::string cat = R"(,"program":"/bin/cat")";
  EXPECT_THAT(refusal(file_with(cat + R"(,"argumets":[])")),
              HasSubstr("unknown member \"argumets\""));
  EXPECT_THAT(refusal(file_with(cat + R"(,"arguments":"x")")), HasSubstr("arguments"));
  EXPECT_THAT(refusal(file_with(cat + R"(,"arguments":["a\u0000b"])")), HasSubstr("zero byte"));
  EXPECT_THAT(refusal(file_with(cat + R"(,"environment":{"A=B":"1"})")),
              HasSubstr("name of a variable"));
  EXPECT_THAT(refusal(file_with(cat + R"(,"working_directory":"absent")")),
              HasSubstr("no directory"));
  EXPECT_THAT(refusal(file_with(cat + R"(,"open_files":3)")), HasSubstr("open_files"));
}

TEST(EngineFile, RefusesWhatLooksLikeASecretByItsNameAndNeverShowsIt) {
  const std::string said =
      refusal(file_with(R"(,"program":"/bin/cat","environment":{"GITHUB_TOKEN":"hunter2"})"),
              ErrorCode::kUsage);
  EXPECT_THAT(said, HasSubstr("GITHUB_TOKEN"));
  EXPECT_THAT(said, testing::Not(HasSubstr("hunter2")));
}

TEST(EngineFile, ShowsWhatIsNoSecretOrIsSaidToBeNone) {
  const auto loads = [](const std::string& members) {
    const ProgramHome home(members);
    return load_program(EngineFile(home.engine_file()), "e", {}, kNoInterrupt).environment;
  };
  EXPECT_EQ(loads(R"(,"environment":{"MAX_TOKENS":"4096"})").at("MAX_TOKENS"), "4096");
  EXPECT_EQ(loads(R"(,"environment":{"CACHE_KEY":"v2"},"public":["CACHE_KEY"])").at("CACHE_KEY"),
            "v2");
  EXPECT_THAT(refusal(file_with(R"(,"program":"/bin/cat","environment":{"CACHE_KEY":"v2"})"),
                      ErrorCode::kUsage),
              HasSubstr("\"public\""));
  EXPECT_THAT(refusal(file_with(R"(,"program":"/bin/cat","environment":{},"public":["A"])")),
              HasSubstr("public: no variable 'A'"));
}

TEST(EngineFile, KnowsSecretsFromOtherWords) {
  for (const char* name :
       {"API_KEY", "apikey", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "SSH_PASSPHRASE", "token",
        "SIGNING_KEYS", "HTTP_AUTH", "MYSQL_PWD", "SESSION_COOKIE"}) {
    EXPECT_TRUE(is_secret_setting(name, "x")) << name;
  }
  for (const char* name :
       {"KEYBOARD", "AUTHOR", "PWD", "HOME", "NODE_ENV", "BUN_JSC_useRegExpJIT"}) {
    EXPECT_FALSE(is_secret_setting(name, "x")) << name;
  }
  EXPECT_TRUE(is_secret_setting("DATABASE", "postgres://app:pw@db.example/x"));
  EXPECT_FALSE(is_secret_setting("ORIGIN", "https://db.example/a:b@c"));
}

TEST(EngineFile, IsToldFromAProgramByItsContent) {
  const ProgramHome home;
  EXPECT_TRUE(is_engine_file(home.engine_file()));
  EXPECT_FALSE(is_engine_file(fake_program()));
  EXPECT_FALSE(is_engine_file(home.path()));
  EXPECT_FALSE(is_engine_file(home.path() / "absent"));
}

}  // namespace process_engine_test
}  // namespace recrank::program
