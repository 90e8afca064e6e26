// What contains engines: what is asked, what is had, and what is said of it.

#include "replay/process/containment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "replay/process/syscall_filter.h"
#include "replay/process/view.h"

namespace recrank {
namespace containment_test {

namespace fs = std::filesystem;
using testing::HasSubstr;

const Interrupt kNoInterrupt;

TEST(ContainmentPolicy, IsAutoOrRequireAndMayAskForALowerRung) {
  EXPECT_FALSE(parse_containment_policy("auto").require);
  const ContainmentPolicy policy = parse_containment_policy("require,no-namespaces,landlock=2");
  EXPECT_TRUE(policy.require);
  EXPECT_FALSE(policy.namespaces);
  EXPECT_EQ(policy.landlock_abi_most, 2);
}

TEST(ContainmentPolicy, RefusesWhatItDoesNotKnow) {
  for (const char* const words : {"", "none", "no-namespaces", "auto,", "auto,landlock=",
                                  "auto,landlock=-1", "auto,landlock=2x", "require,auto"}) {
    EXPECT_THROW(static_cast<void>(parse_containment_policy(words)), Error) << words;
  }
}

TEST(ContainmentHad, IsSaidInOneTrueLineForEachRung) {
  EXPECT_EQ(describe({"", 7, ""}),
            "namespaces, Landlock 7, seccomp: an engine sees its own files and no other process, "
            "writes nowhere, and has no network");
  EXPECT_EQ(describe({"bwrap is missing", 2, ""}),
            "Landlock 2, seccomp; no namespaces (bwrap is missing): an engine reads its own files "
            "only, writes nowhere, has no network and reaches no other process, but sees that "
            "there are others");
  EXPECT_EQ(describe({"bwrap is missing", 0, ""}),
            "seccomp; no namespaces (bwrap is missing), no Landlock: an engine writes nowhere, has "
            "no network and signals nobody, but reads whatever you may read");
  EXPECT_EQ(remedy({"", 7, ""}), "");
  EXPECT_THAT(remedy({"bwrap is missing", 7, ""}), HasSubstr("install bubblewrap"));
}

TEST(ContainmentHad, IsRefusedWhereLessThanAllOfItIsHadAndAllIsRequired) {
  set_containment_policy(parse_containment_policy("require"));
  EXPECT_NO_THROW(require_containment({"", 7, ""}));
  try {
    require_containment({"bwrap is missing", 0, ""});
    ADD_FAILURE() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("no namespaces (bwrap is missing), no Landlock; install"));
  }
  set_containment_policy({});
  EXPECT_NO_THROW(require_containment({"bwrap is missing", 0, ""}));
}

class Views : public testing::Test {
 protected:
  [[nodiscard]] static bool sees(const View& view, const fs::path& path) {
    for (const Seen& seen : view.seen) {
      const auto [end, in] =
          std::mismatch(seen.path.begin(), seen.path.end(), path.begin(), path.end());
      if (end == seen.path.end()) return true;
    }
    return false;
  }
  fs::path make(const std::string& name, const std::string& text = "x") {
    const fs::path path = directory_.path() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0755);
    return path;
  }
  ScratchDir directory_;
};

TEST_F(Views, HoldTheProgramItsDirectoryAndWhatItIsTold) {
  const fs::path program = make("one/program");
  const fs::path told = make("two/told");
  const fs::path other = make("two/other");
  SandboxOptions options;
  options.readable = named_paths({"--config=" + told.string(), "no-such-file"}, {}, "/");
  const View view = view_of({program, directory_.path() / "three", {}}, options, kNoInterrupt);
  EXPECT_TRUE(sees(view, program));
  EXPECT_TRUE(sees(view, make("one/beside")));
  EXPECT_TRUE(sees(view, told));
  EXPECT_FALSE(sees(view, other));
  EXPECT_FALSE(sees(view, "/etc/shadow"));
  EXPECT_FALSE(sees(view, "/root"));
  EXPECT_FALSE(sees(view, "/proc/1"));
}

TEST_F(Views, NeverHoldAPlaceThatOthersKeepThingsIn) {
  SandboxOptions options;
  options.readable = {"/", "/etc", "/home", "/tmp", "/root", "/home/somebody", "/proc", "/dev"};
  const View view = view_of({"/usr/bin/cat", "/tmp", {}}, options, kNoInterrupt);
  for (const Seen& seen : view.seen) {
    for (const fs::path& place : options.readable) EXPECT_NE(seen.path, place);
  }
  EXPECT_EQ(view.directory, "/tmp");
}

TEST_F(Views, KeepLinksAsLinks) {
  const fs::path program = make("real/program");
  fs::create_directory_symlink("real", directory_.path() / "link");
  const View view = view_of({directory_.path() / "link" / "program", "/", {}}, {}, kNoInterrupt);
  EXPECT_EQ(view.links.at(fs::canonical(directory_.path()) / "link"), "real");
  EXPECT_TRUE(sees(view, fs::canonical(program)));
}

TEST_F(Views, HoldTheInterpreterOfAScript) {
  make("prefix/lib/of-it");
  const fs::path interpreter = make("prefix/bin/interpreter", "#!/bin/sh\n");
  const fs::path script = make("scripts/script", "#!/usr/bin/env interpreter\n");
  const View view =
      view_of({script, "/", {{"PATH", interpreter.parent_path().string()}}}, {}, kNoInterrupt);
  EXPECT_TRUE(sees(view, interpreter));
  EXPECT_TRUE(sees(view, directory_.path() / "prefix/lib/of-it"));
}

TEST(SyscallFilters, AreBuiltOnceForEachSetOfNeeds) {
  FilterNeeds needs;
  const auto& first = syscall_filter(needs);
  EXPECT_EQ(&first, &syscall_filter(needs));
  needs.may_fork = true;
  EXPECT_NE(&first, &syscall_filter(needs));
}

}  // namespace containment_test
}  // namespace recrank
