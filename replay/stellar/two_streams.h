// The lines of a program's standard error and standard output, as they come.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace recrank::stellar {

// Owns neither descriptor; makes both non-blocking. A program that runs ahead waits once the pipes
// are full. Lines of one stream keep their order; of the two streams nothing is known, except that
// whole lines of standard output that have come are given first. One thread.
class TwoStreams {
 public:
  TwoStreams(int standard_output, int standard_error);

  enum class From { kOutput, kError, kEnd };
  // Waits for the next whole line of either; kEnd once both have ended. A last line without its end
  // is given as one. `line` dies with the next call. Throws kIo.
  [[nodiscard]] From next(std::string_view& line);
  // The next line of one of them that is there by now, without waiting.
  [[nodiscard]] bool next_output(std::string_view& line) { return next_of(output_, line); }
  [[nodiscard]] bool next_error(std::string_view& line) { return next_of(error_, line); }
  // The last lines of both, standard output first: what it said before it died.
  [[nodiscard]] std::string tail() const;

 private:
  struct Stream {
    int fd = -1;
    std::string buffer;
    size_t begin = 0;  // of what was not given yet
    bool ended = false;
    bool skipping = false;  // within a line that was too long
    std::string tail;
  };
  static bool take_line(Stream& stream, std::string_view& line);
  static void read_some(Stream& stream);
  [[nodiscard]] static bool next_of(Stream& stream, std::string_view& line);

  Stream output_;
  Stream error_;
};

}  // namespace recrank::stellar
