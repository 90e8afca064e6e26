#include "replay/crash/crash_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "base/error.h"

namespace recrank {
namespace crash_report_test {

Fault segfault_at(uint64_t address) {
  Fault fault;
  fault.signal = SIGSEGV;
  fault.code = SEGV_MAPERR;
  fault.address = address;
  return fault;
}

CrashReport full_report() {
  CrashReport report;
  report.fault = segfault_at(0x18);
  report.fault.mapping = "7f00-8000 r--p 0 00:00 0 /lib/x y.so";
  report.fault.thread_name = "worker \"one\"";
  report.fault.main_thread = false;
  report.fault.frames = {
      {0xffffffffffffffff, "xsnap-worker", "00ff", 0x10, "f(int)", 3, "xs.c", 12, true},
      {0, "", "", 0, "", 0, "", 0, false}};
  report.fault.frames[1].left_out_before = 70'000;
  report.fault.registers = {{"rip", 0x7fff00000000}, {"rsp", 0}};
  report.fault.code_bytes = "0f0b";
  report.fault.stack_overflow = true;
  report.fault.stack_starved = true;
  report.first = segfault_at(0);
  report.first->sender = 4711;
  report.first->sent_by_itself = true;
  report.abort_message = "Assertion `x' failed.";
  report.maps = {"00-01 r--p", "02-03 rw-p"};
  report.losses = {"no registers"};
  return report;
}

void expect_refused(const std::string& text) {
  try {
    static_cast<void>(parse_crash_report(text));
    ADD_FAILURE() << "taken: " << text;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData) << text;
  }
}

TEST(CrashReport, ComesBackWhole) {
  const std::string text = write_crash_report(full_report());
  const CrashReport back = parse_crash_report(text);
  EXPECT_EQ(write_crash_report(back), text);
  EXPECT_EQ(back.fault.frames.size(), 2U);
  EXPECT_EQ(back.fault.frames[0].address, 0xffffffffffffffff);
  EXPECT_TRUE(back.fault.frames[0].inlined);
  EXPECT_EQ(frames_left_out(back.fault), 70'000U);
  EXPECT_FALSE(back.fault.main_thread);
  EXPECT_EQ(back.cause().address, 0U);
  EXPECT_EQ(back.first->sender, 4711);
  EXPECT_EQ(back.maps.size(), 2U);
}

TEST(CrashReport, AnEmptyOneComesBackEmpty) {
  const CrashReport back = parse_crash_report(write_crash_report({}));
  EXPECT_EQ(back.occasion, CrashOccasion::kDeath);
  EXPECT_FALSE(back.fault.address.has_value());
  EXPECT_TRUE(back.fault.main_thread);
}

TEST(CrashReport, AHangComesBackAsOne) {
  CrashReport report;
  report.occasion = CrashOccasion::kHang;
  EXPECT_EQ(parse_crash_report(write_crash_report(report)).occasion, CrashOccasion::kHang);
}

TEST(CrashReport, NoTruncationOfItIsTaken) {
  const std::string text = write_crash_report(full_report());
  for (size_t size = 0; size < text.size(); ++size) expect_refused(text.substr(0, size));
}

TEST(CrashReport, NoFlippedBitOfItsStructureIsTakenForAnotherReportsText) {
  const std::string text = write_crash_report(full_report());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    try {
      EXPECT_EQ(write_crash_report(parse_crash_report(flipped)), flipped);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    }
  }
}

TEST(CrashReport, WhatTheEncoderDoesNotWriteIsRefused) {
  expect_refused("");
  expect_refused("[]");
  expect_refused("{}");
  expect_refused(R"({"occasion":"death"})");
  expect_refused(R"({"occasion":"party","fault":{}})");
  expect_refused(R"({"occasion":"death","fault":{}} )");
  expect_refused(R"({"occasion":"death", "fault":{}})");
  expect_refused(R"({"fault":{},"occasion":"death"})");
  expect_refused(R"({"occasion":"death","fault":{},"fault":{}})");
  expect_refused(R"({"occasion":"death","fault":{"signal":11,"surprise":1}})");
  expect_refused(R"({"occasion":"death","fault":{"signal":99999999999}})");
  expect_refused(R"({"occasion":"death","fault":{"signal":011}})");
  expect_refused(R"({"occasion":"death","fault":{"address":"18"}})");
  expect_refused(R"({"occasion":"death","fault":{"address":"0x"}})");
  expect_refused(R"({"occasion":"death","fault":{"address":"0x10000000000000000"}})");
  expect_refused(R"({"occasion":"death","fault":{"thread_name":"\u001b[31m"}})");
  expect_refused("{\"occasion\":\"death\",\"fault\":{\"thread_name\":\"\xff\"}}");
  expect_refused(std::string(9 << 20, ' '));
}

TEST(CrashReport, TooManyFramesAreCutByTheEncoderAndRefusedByTheDecoder) {
  CrashReport report;
  report.fault.frames.resize(10'000);
  const std::string text = write_crash_report(report);
  EXPECT_LT(parse_crash_report(text).fault.frames.size(), 1000U);
  const size_t at = text.find("{\"address\"");
  std::string more = text;
  more.insert(at, "{\"address\":\"0x0\"},");
  expect_refused(more);
}

TEST(CrashReport, HostileTextBecomesPrintableAndBounded) {
  CrashReport report;
  report.fault.thread_name = "\x1b]0;x\a" + std::string(100'000, 'x') + "\xf0\x9f";
  const CrashReport back = parse_crash_report(write_crash_report(report));
  EXPECT_LE(back.fault.thread_name.size(), 1000U);
  EXPECT_EQ(back.fault.thread_name.find('\x1b'), std::string::npos);
}

TEST(FaultWords, TellAFaultFromASentSignal) {
  EXPECT_EQ(fault_words(segfault_at(0x18)),
            "SIGSEGV: read or write at address 0x18, which is not mapped");
  Fault unknown = segfault_at(0);
  unknown.address.reset();
  unknown.code = SI_KERNEL;
  EXPECT_EQ(fault_words(unknown), "SIGSEGV: address not given");
  Fault sent;
  sent.signal = SIGTERM;
  sent.sender = 4711;
  EXPECT_EQ(fault_words(sent), "SIGTERM sent by process 4711");
  sent.sender = 0;
  EXPECT_EQ(fault_words(sent), "SIGTERM sent by a process outside");
  sent.signal = SIGABRT;
  sent.sent_by_itself = true;
  EXPECT_EQ(fault_words(sent), "SIGABRT raised by the process itself");
}

TEST(FaultWords, CallAJumpAJumpAndAnOverflowAnOverflow) {
  Fault jump = segfault_at(0);
  jump.frames.resize(1);
  EXPECT_EQ(fault_words(jump), "SIGSEGV: jump to address 0x0, which is not mapped");
  Fault deep = segfault_at(0x7ffe0000);
  deep.stack_overflow = true;
  EXPECT_EQ(fault_words(deep), "SIGSEGV: stack overflow, read or write at address 0x7ffe0000");
  Fault write = segfault_at(0x1000);
  write.code = SEGV_ACCERR;
  write.mapping = "1000-2000 r--p 0 00:00 0";
  EXPECT_EQ(fault_words(write),
            "SIGSEGV: read or write at address 0x1000, which its mapping does not allow "
            "(1000-2000 r--p 0 00:00 0)");
}

TEST(FaultWords, NameAHang) {
  Fault hang;
  EXPECT_EQ(fault_words(hang), "alive");
  hang.signal = SIGSTOP;
  EXPECT_EQ(fault_words(hang), "stopped by SIGSTOP");
}

}  // namespace crash_report_test
}  // namespace recrank
