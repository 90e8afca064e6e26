#include "base/escape_sequences.h"

#include <gtest/gtest.h>

#include <string>

namespace recrank {
namespace {

std::string plain(std::string_view text) {
  std::string store;
  return std::string(without_escapes(text, store));
}

TEST(EscapeSequences, ColoursAndTitlesGoAndTheTextStays) {
  EXPECT_EQ(plain("\x1b[31;1merror\x1b[0m: no"), "error: no");
  EXPECT_EQ(plain("\x1b]0;a title\a> ready"), "> ready");
  EXPECT_EQ(plain("\x1b[?25hshown"), "shown");
}

TEST(EscapeSequences, AsSyslogSpellsThemTheyGoToo) {
  EXPECT_EQ(plain("#033[33mwarn#033[0m disk"), "warn disk");
  EXPECT_EQ(plain("ticket #033 is open"), "ticket #033 is open");
}

TEST(EscapeSequences, TextWithoutAnyIsNotCopied) {
  const std::string text = "nothing [31m here";
  std::string store = "untouched";
  EXPECT_EQ(without_escapes(text, store).data(), text.data());
  EXPECT_EQ(store, "untouched");
}

TEST(EscapeSequences, WhatDoesNotEndTakesNothingBeyondItself) {
  EXPECT_EQ(plain("a\x1b"), "a");
  EXPECT_EQ(plain("a\x1b[31"), "a");
  EXPECT_EQ(plain("\x1b]no bell"), "no bell");
}

}  // namespace
}  // namespace recrank
