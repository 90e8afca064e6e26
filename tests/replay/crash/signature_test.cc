// The backtraces here were taken with gdb and eu-stack from the engine xsnap 0.15.0, built with -O3
// (no debug information) and with -O0, and from Bun 1.3.13 as its crash report names them.

#include "replay/crash/signature.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "replay/crash/frame_name.h"
#include "replay/judge/step_end.h"

namespace recrank {
namespace signature_test {

constexpr const char* kEngine = "xsnap-worker";
constexpr const char* kLibc = "libc.so.6";
constexpr const char* kReleaseId = "22b852ebc7fbf47f887cb096c005e40e57c51a4a";

Frame frame(const std::string& function, const std::string& module = kEngine,
            uint64_t address = 0x5000) {
  Frame each;
  each.function = function;
  each.module = module;
  each.build_id = kReleaseId;
  each.address = address;
  each.offset = address & 0xfff;
  return each;
}

std::vector<Frame> frames_of(const std::vector<std::string>& functions,
                             const std::string& module = kEngine) {
  std::vector<Frame> frames;
  for (const std::string& each : functions) frames.push_back(frame(each, module));
  return frames;
}

std::vector<Frame> operator+(std::vector<Frame> inner, const std::vector<Frame>& outer) {
  inner.insert(inner.end(), outer.begin(), outer.end());
  return inner;
}

const std::vector<Frame>& process_begin() {
  static const std::vector<Frame> kFrames =
      frames_of({"__libc_start_call_main", "__libc_start_main@@GLIBC_2.34"}, kLibc) +
      frames_of({"_start"});
  return kFrames;
}

ProcessEnd died(int signal, std::optional<uint64_t> address, std::vector<Frame> frames) {
  ProcessEnd end;
  end.signal = signal;
  end.meaning = "a signal";
  end.report = CrashReport{};
  end.report->fault.signal = signal;
  end.report->fault.address = address;
  end.report->fault.frames = std::move(frames) + process_begin();
  return end;
}

std::string signature_of(int signal, std::optional<uint64_t> address,
                         const std::vector<std::string>& functions) {
  return crash_signature(died(signal, address, frames_of(functions)));
}

// Under 1,040 MB of address space: the machine could not be made, and is used all the same.
TEST(CrashSignature, OfARealNullPointerNamesClassAndFunctions) {
  EXPECT_EQ(signature_of(SIGSEGV, 0x0, {"xsBuildAgent", "main"}), "SIGSEGV null xsBuildAgent<main");
  EXPECT_EQ(signature_of(SIGSEGV, 0x38, {"xsBuildAgent", "main"}),
            "SIGSEGV near-null xsBuildAgent<main");
}

TEST(CrashSignature, OfTheReleaseAndTheDebugBuildIsAlike) {
  const std::string release = signature_of(SIGSEGV, 0x0, {"xsBuildAgent", "main"});
  const std::string debug = signature_of(SIGSEGV, 0x38, {"xsBuildAgent", "main"});
  EXPECT_NE(release, debug);
  EXPECT_TRUE(alike_across_builds(release, debug));
}

// The parser runs out of memory, reports that, and needs memory for the report: 37,000 frames.
// Where the stack ends differs from run to run; these three ends were all seen.
ProcessEnd overflow(const std::vector<std::string>& in_libc, std::vector<std::string> ring,
                    uint64_t address) {
  std::vector<Frame> frames = frames_of(in_libc, kLibc);
  for (int turn = 0; turn < 12; ++turn) frames = frames + frames_of(ring);
  ProcessEnd end = died(SIGSEGV, address, frames);
  end.report->fault.stack_overflow = true;
  end.report->fault.mapping = "7ffe931c5000-7ffe939c4000 rw-p 00000000 00:00 0 [stack]";
  return end;
}

const char* const kOverflow =
    "SIGSEGV stack-overflow fxNewParserChunk<fxNewParserString<fxReportMemoryError";

TEST(CrashSignature, OfAnOverflowingRecursionDoesNotHangOnWhereTheStackEnds) {
  EXPECT_EQ(
      crash_signature(overflow(
          {"__vfprintf_internal", "__vsnprintf_internal"},
          {"fxReportMemoryError", "fxNewParserChunk.part.0", "fxNewParserString"}, 0x7ffe931c4f20)),
      kOverflow);
  EXPECT_EQ(crash_signature(overflow(
                {}, {"fxNewParserString", "fxReportMemoryError", "fxNewParserChunk.part.0"},
                0x7ffc98e77ff8)),
            kOverflow);
  EXPECT_EQ(crash_signature(overflow(
                {"__GI__IO_default_xsputn", "outstring_func", "__vfprintf_internal"},
                {"fxNewParserChunk", "fxNewParserString", "fxReportMemoryError"}, 0x7fff18451ff8)),
            kOverflow);
}

TEST(CrashSignature, OfAnOverflowSkipsWhatTheRingHadJustCalled) {
  ProcessEnd end = overflow({}, {"fxMark", "fxVisit"}, 0x7ffe931c4f20);
  end.report->fault.frames.insert(end.report->fault.frames.begin(), frame("fxCheck"));
  EXPECT_EQ(crash_signature(end), "SIGSEGV stack-overflow fxMark<fxVisit");
}

TEST(CrashSignature, OfOneRecursionAtAnyDepthIsOne) {
  const std::vector<std::string> shallow{"fxMarkReference", "fxMarkInstance", "fxMarkReference",
                                         "fxMarkInstance", "fxCollect"};
  const std::vector<std::string> deep{"fxMarkReference", "fxMarkInstance",  "fxMarkReference",
                                      "fxMarkInstance",  "fxMarkReference", "fxMarkInstance",
                                      "fxCollect"};
  EXPECT_EQ(signature_of(SIGSEGV, 0x8, shallow),
            "SIGSEGV near-null fxMarkReference<fxMarkInstance<fxCollect");
  EXPECT_EQ(signature_of(SIGSEGV, 0x8, deep), signature_of(SIGSEGV, 0x8, shallow));
}

TEST(CrashSignature, HoldsNothingThatChangesFromRunToRun) {
  ProcessEnd one = died(SIGSEGV, 0x7f10deadb000, frames_of({"fxSweep", "fxCollect", "main"}));
  ProcessEnd two = died(SIGSEGV, 0x5610beefd000, frames_of({"fxSweep", "fxCollect", "main"}));
  for (Frame& each : two.report->fault.frames) each.address += 0x10'0000;
  one.report->fault.registers = {{"rip", 0x5000}, {"rax", 7}};
  two.report->fault.registers = {{"rip", 0x105000}, {"rax", 9}};
  two.report->maps = {"another"};
  two.last_words = "other";
  EXPECT_EQ(crash_signature(one), "SIGSEGV wild fxSweep<fxCollect<main");
  EXPECT_EQ(crash_signature(one), crash_signature(two));
}

TEST(CrashSignature, TellsApartWhatIsNotOneCrash) {
  const std::vector<std::string> here{"fxSweep", "fxCollect", "main"};
  const std::string base = signature_of(SIGSEGV, 0x10, here);
  EXPECT_NE(base, signature_of(SIGSEGV, 0x10, {"fxMark", "fxCollect", "main"}));
  EXPECT_NE(base, signature_of(SIGBUS, 0x10, here));
  EXPECT_NE(base, signature_of(SIGSEGV, 0x0, here));
  EXPECT_NE(base, signature_of(SIGSEGV, 0x7f0000000000, here));
  EXPECT_NE(base, signature_of(SIGSEGV, std::nullopt, here));
  ProcessEnd in_thread = died(SIGSEGV, 0x10, frames_of(here));
  in_thread.report->fault.main_thread = false;
  EXPECT_EQ(crash_signature(in_thread), "SIGSEGV near-null in a thread: fxSweep<fxCollect<main");
}

TEST(CrashSignature, NamesTheClassOfAnAddress) {
  const auto of = [](std::optional<uint64_t> address, const char* mapping = "") {
    ProcessEnd end = died(SIGSEGV, address, frames_of({"f"}));
    end.report->fault.mapping = mapping;
    return crash_signature(end);
  };
  EXPECT_EQ(of(0), "SIGSEGV null f");
  EXPECT_EQ(of(1), "SIGSEGV near-null f");
  EXPECT_EQ(of(0xffff), "SIGSEGV near-null f");
  EXPECT_EQ(of(0x10000), "SIGSEGV wild f");
  EXPECT_EQ(of(UINT64_MAX), "SIGSEGV near-minus-one f");
  EXPECT_EQ(of(UINT64_MAX - 0xffff), "SIGSEGV near-minus-one f");
  EXPECT_EQ(of(UINT64_MAX - 0x10000), "SIGSEGV wild f");
  EXPECT_EQ(of(std::nullopt), "SIGSEGV not-given f");
  EXPECT_EQ(of(0x7ffd00001000, "7ffd00000000-7ffd00021000 rw-p 0 00:00 0 [stack]"),
            "SIGSEGV stack f");
  EXPECT_EQ(of(0x560000001000, "560000000000-560000002000 r--p 0 08:01 1 /usr/bin/f"),
            "SIGSEGV mapped f");
}

// Bun 1.3.13: a regular expression jumps to 0, its handler ends the process by SIGILL. No symbols.
TEST(CrashSignature, OfAHandledFaultIsThatOfTheFirstOne) {
  Frame in_bun = frame("", "bun-1.3.13", 0x7f00045c8bce);
  in_bun.build_id = "BF2E2CEC00112233";
  in_bun.offset = 0x45c8bce;
  ProcessEnd end = died(SIGILL, 0x30dec22, {frame("", "bun-1.3.13", 0x30dec22)});
  end.report->first = Fault{};
  end.report->first->signal = SIGSEGV;
  end.report->first->address = 0;
  end.report->first->frames = {Frame{}, in_bun};
  EXPECT_EQ(crash_signature(end), "SIGSEGV jump-to-null bun-1.3.13@BF2E2CEC+0x45c8bce");
}

TEST(CrashSignature, OfASentSignalSaysSoAndNothingElse) {
  ProcessEnd end = died(SIGSEGV, std::nullopt, frames_of({"fxRunID", "main"}));
  end.report->fault.sender = 25682;
  EXPECT_EQ(crash_signature(end), "SIGSEGV sent");
  EXPECT_TRUE(sent_from_outside(end));
  end.report->fault.sent_by_itself = true;
  EXPECT_EQ(crash_signature(end), "SIGSEGV not-given fxRunID<main");
  EXPECT_FALSE(sent_from_outside(end));
}

TEST(CrashSignature, OfAnAbortNamesItsReasonWithoutThePlumbing) {
  ProcessEnd end =
      died(SIGABRT, std::nullopt,
           frames_of({"__pthread_kill_implementation", "__GI_raise", "__GI_abort", "__libc_message",
                      "malloc_printerr", "_int_free", "__GI___libc_free"},
                     kLibc) +
               frames_of({"fxSweep", "fxCollect", "fxNewChunk", "main"}));
  end.report->abort_message = "free(): invalid pointer";
  EXPECT_EQ(crash_signature(end),
            R"(SIGABRT "free(): invalid pointer" fxSweep<fxCollect<fxNewChunk)");
  end.report->abort_message =
      "xsnap-worker: /home/a/xs/xsMemory.c:812: fxSweep: Assertion `chunk != NULL' failed.\n";
  EXPECT_EQ(crash_signature(end), "SIGABRT assert(chunk != NULL) fxSweep<fxCollect<fxNewChunk");
  end.report->abort_message = "bad slot 0x7f1234 of 12 in /tmp/x1/heap";
  EXPECT_EQ(crash_signature(end),
            R"(SIGABRT "bad slot # of # in heap" fxSweep<fxCollect<fxNewChunk)");
  end.report->abort_message.clear();
  EXPECT_EQ(crash_signature(end), "SIGABRT fxSweep<fxCollect<fxNewChunk");
}

TEST(CrashSignature, OfACrashInsideTheCLibraryNamesWhoCalledIt) {
  const ProcessEnd avx =
      died(SIGSEGV, 0x8,
           frames_of({"__memmove_avx_unaligned_erms"}, kLibc) + frames_of({"fxCopy", "main"}));
  const ProcessEnd sse =
      died(SIGSEGV, 0x8,
           frames_of({"__memmove_sse2_unaligned"}, "libc-2.31.so") + frames_of({"fxCopy", "main"}));
  EXPECT_EQ(crash_signature(avx), "SIGSEGV near-null libc<fxCopy<main");
  EXPECT_EQ(crash_signature(avx), crash_signature(sse));
}

TEST(CrashSignature, DropsTrampolinesAndTheVdso) {
  const ProcessEnd end =
      died(SIGSEGV, 0x8,
           frames_of({"on_signal"}) + frames_of({"__restore_rt"}, kLibc) +
               frames_of({"__vdso_gettimeofday"}, "[vdso]") + frames_of({"tick"}));
  EXPECT_EQ(crash_signature(end), "SIGSEGV near-null on_signal<tick");
}

TEST(CrashSignature, IsOneWithAndWithoutDebugInformation) {
  // The same place of one build: inlined calls show only where there is debug information.
  const std::string bare = signature_of(SIGSEGV, 8, {"fxMarkReference", "fxCollect", "fxNewSlot"});
  std::vector<Frame> told =
      frames_of({"fxMarkSlot", "fxMarkReference", "fxMark", "fxCollect", "fxNewSlot"});
  told[0].inlined = told[2].inlined = true;
  EXPECT_EQ(crash_signature(died(SIGSEGV, 8, told)), bare);
  EXPECT_EQ(bare, "SIGSEGV near-null fxMarkReference<fxCollect<fxNewSlot");
  // A call of the C library that was inlined is none of the C library.
  std::vector<Frame> copying = frames_of({"memcpy"}, kLibc) + frames_of({"fxCopy", "main"});
  copying[0].inlined = true;
  EXPECT_EQ(crash_signature(died(SIGSEGV, 8, copying)), "SIGSEGV near-null fxCopy<main");
}

TEST(CrashSignature, OfTwoBuildsIsAlikeWhereOneFunctionIsCommon) {
  const std::string bare = signature_of(SIGSEGV, 8, {"fxRunID", "main"});
  EXPECT_TRUE(
      alike_across_builds(bare, signature_of(SIGSEGV, 8, {"fxGetSlot", "fxRunID", "main"})));
  EXPECT_FALSE(alike_across_builds(bare, signature_of(SIGSEGV, 8, {"fxCollect", "main"})));
  EXPECT_FALSE(
      alike_across_builds(bare, signature_of(SIGSEGV, 0x7f0000000000, {"fxRunID", "main"})));
}

TEST(CrashSignature, OfARecursionNamesWhatBeganItHoweverManyFunctionsItHas) {
  const std::string of_one = signature_of(
      SIGSEGV, 8, {"mark", "sweep", "list", "map", "mark", "sweep", "list", "map", "collect"});
  EXPECT_EQ(of_one, "SIGSEGV near-null mark<sweep<list<collect");
  // At another depth, and not always in the same order.
  EXPECT_EQ(signature_of(SIGSEGV, 8,
                         {"mark", "sweep", "mark", "list", "list", "map", "sweep", "mark", "map",
                          "collect", "main"}),
            of_one);
  EXPECT_EQ(signature_of(SIGSEGV, 8, {"mark", "sweep", "list", "mark"}),
            "SIGSEGV near-null mark<sweep<list");
}

// for(;;){} on both builds, sampled twice each; one [].map() in a loop.
TEST(CrashSignature, OfAHangIsWhatItKeepsDoing) {
  const auto hang = [](const std::vector<std::string>& functions) {
    ProcessEnd end = died(SIGSTOP, std::nullopt, frames_of(functions));
    end.report->occasion = CrashOccasion::kHang;
    return crash_signature(end);
  };
  EXPECT_EQ(hang({"fxRunID", "fxRunScript", "fx_eval", "fxRunID", "main"}),
            "hang in fxRunScript<fx_eval<fxRunID");
  EXPECT_EQ(
      hang({"fxToInstance", "fxHasAll", "fx_Array_prototype_map", "fxRunID", "fxRunScript",
            "fx_eval", "fxRunID", "main"}),
      hang({"fxOrdinaryGetProperty", "fxGetAll", "fxCreateArraySpecies", "fx_Array_prototype_map",
            "fxRunID", "fxRunScript", "fx_eval", "fxRunID", "main"}));
  EXPECT_EQ(hang({}), "hang, no frames");
}

TEST(CrashSignature, OfAHangSaysWhetherItWaitsComputesOrGrows) {
  ProcessEnd end = died(SIGSTOP, std::nullopt, frames_of({"poll", "main"}));
  end.report->occasion = CrashOccasion::kHang;
  end.pace = HangPace::kIdle;
  EXPECT_EQ(crash_signature(end), "hang, idle in poll");
  end.pace = HangPace::kGrowing;
  EXPECT_EQ(crash_signature(end), "hang, growing in poll");
  end.pace = HangPace::kBusy;
  EXPECT_EQ(crash_signature(end), "hang in poll");
}

TEST(CrashSignature, WithoutAReportIsTheSignalOrTheStatus) {
  ProcessEnd end;
  end.signal = SIGSEGV;
  end.meaning = "SIGSEGV";
  EXPECT_EQ(crash_signature(end), "SIGSEGV");
  end.signal = 0;
  end.exit_status = 15;
  end.meaning = "unhandled exception";
  EXPECT_EQ(crash_signature(end), "exit 15 unhandled exception");
}

TEST(CrashSignature, OfABrokenProtocolLeavesOutWhatWasWritten) {
  EXPECT_EQ(garbled_signature("frame length '12x4' is not a number"),
            "broke the protocol: frame length");
  EXPECT_EQ(garbled_signature("a frame of 999999999 bytes"),
            "broke the protocol: a frame of # bytes");
}

TEST(CrashSignature, SurvivesNamesOfAnyKind) {
  for (const std::string name :
       {"", "<", ">", "<<<<", "(", "a<b", "operator<", "operator<<<int>", "\x1b[2J", ".", "@",
        " [clone", "f(", "::h0123456789abcdef", "a.1.2.3.cold"}) {
    const std::string line = signature_of(SIGSEGV, 0, {name, "main"});
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
    EXPECT_EQ(line.rfind("SIGSEGV null ", 0), 0U) << line;
  }
  const std::string line = signature_of(SIGSEGV, 0, {std::string(100'000, 'x')});
  EXPECT_LT(line.size(), 300U);
  EXPECT_EQ(crash_signature(died(SIGSEGV, 0, {})), "SIGSEGV null no-frames");
}

TEST(FrameName, IsTheFunctionAsItWasWritten) {
  EXPECT_EQ(bare_function("fxNewParserChunk.part.0"), "fxNewParserChunk");
  EXPECT_EQ(bare_function("fxRunID.constprop.1.isra.0.cold"), "fxRunID");
  EXPECT_EQ(bare_function("bun.js.api.serve"), "bun.js.api.serve");
  EXPECT_EQ(bare_function("memcpy@@GLIBC_2.14"), "memcpy");
  EXPECT_EQ(bare_function("void JSC::visit<JSC::Cell, (A)1>(JSC::Cell*) [clone .cold]"),
            "JSC::visit");
  EXPECT_EQ(bare_function("std::vector<int, std::allocator<int> >::at(unsigned long) const"),
            "std::vector::at");
  EXPECT_EQ(bare_function("WTF::(anonymous namespace)::f(int)"), "WTF::(anonymous_namespace)::f");
  EXPECT_EQ(bare_function("A::operator()(int) const"), "A::operator()");
  EXPECT_EQ(bare_function("operator<< <char>(std::ostream&)"), "operator<<_");
  EXPECT_EQ(bare_function("operator new(unsigned long)"), "operator_new");
  EXPECT_EQ(bare_function("core::panicking::panic::h0123456789abcdef"), "core::panicking::panic");
}

TEST(FrameName, WithoutASymbolIsThePlaceInItsBuild) {
  Frame each = frame("", "bun", 0);
  each.offset = 0x30dec22;
  EXPECT_EQ(frame_name(each), "bun@22b852eb+0x30dec22");
  each.build_id.clear();
  EXPECT_EQ(frame_name(each), "bun+0x30dec22");
}

TEST(Verdicts, OfCrashesCarryTheirSignature) {
  const ProcessEnd end = died(SIGSEGV, 0x38, frames_of({"xsBuildAgent", "main"}));
  const Verdict verdict = verdict_of_end(StepCrashed{end}, 7);
  EXPECT_EQ(verdict.kind, VerdictKind::kCrashed);
  EXPECT_EQ(verdict.signature, "SIGSEGV near-null xsBuildAgent<main");
  EXPECT_EQ(verdict_of_end(StepGarbled{"a frame of 9 bytes"}, 7).signature,
            "broke the protocol: a frame of # bytes");
}

TEST(Verdicts, OfASegmentationFaultThatSomebodySentAreNobodysCrash) {
  ProcessEnd end = died(SIGSEGV, std::nullopt, frames_of({"main"}));
  end.report->fault.sender = 4711;
  const Verdict verdict = verdict_of_end(StepCrashed{end}, 7);
  EXPECT_EQ(verdict.kind, VerdictKind::kUnjudged);
  EXPECT_TRUE(sent_from_outside(verdict.end));
}

TEST(Verdicts, OfAProgramThatEndsItselfByATermAreItsOwn) {
  ProcessEnd end = died(SIGTERM, std::nullopt, frames_of({"leave", "main"}));
  end.report->fault.sender = 4711;
  end.report->fault.sent_by_itself = true;
  const Verdict verdict = verdict_of_end(StepCrashed{end}, 7);
  EXPECT_EQ(verdict.kind, VerdictKind::kCrashed);
  EXPECT_EQ(verdict.signature, "SIGTERM leave<main");
}

TEST(Verdicts, OfAHangCarryItsSignatureOnlyWhereItWasLookedAt) {
  StepLimit limit{LimitKind::kStepWall, "5 s", "", {}};
  EXPECT_EQ(verdict_of_end(limit, 7).signature, "");
  limit.end = died(SIGSTOP, std::nullopt, frames_of({"fxRunID", "main"}));
  limit.end.report->occasion = CrashOccasion::kHang;
  EXPECT_EQ(verdict_of_end(limit, 7).signature, "hang in fxRunID");
}

}  // namespace signature_test
}  // namespace recrank
