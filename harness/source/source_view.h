// Where in the subject's own source a finding shows.
//
// The step of the finding is run once more, from the nearest checkpoint, on the same engine under
// its debugger. The verdict stays what it was: this only looks, and says so when the second run
// did not show the same.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/interrupt.h"
#include "harness/request/option_values.h"
#include "harness/session/subject_report.h"
#include "replay/source_watch.h"

namespace recrank {

struct SourceRequest {
  // A checkout of the sources: files are looked for below it by the ends of their paths. Empty:
  // only what the recording holds is shown.
  std::filesystem::path root;
  bool trace = false;  // line by line against another engine (line_trace.h)
  // Nobody asked for it: a look that showed no place is not worth a word.
  bool by_itself = false;
};

// What --js and --source-root ask for; nullopt: nothing. `by_itself`: without a word of the user's
// it is looked all the same. kUsage for a directory that is none.
[[nodiscard]] std::optional<SourceRequest> source_request_from(const OptionValues& options,
                                                               bool by_itself);

// A few lines of one source.
struct SourceExcerpt {
  std::string file;  // of the checkout; empty: the text is the recording's
  uint64_t first_line = 0;
  std::vector<std::string> lines;  // whole, untrusted
};

struct SourcePlace {
  SourceLook look;
  std::optional<size_t> frame;           // of look.frames: the one to be read first
  std::optional<SourceExcerpt> excerpt;  // around that frame's line
};

struct SourceView {
  // What the look was taken at, for people: "call 17 is made here", "it gives up here: too much
  // computation". Of several that were taken in turn, the one that says most.
  std::string what;
  std::optional<SourcePlace> place;
  // Of a call that differs: where the recorded one is made in this run, if it is.
  std::string recorded_what;
  std::optional<SourcePlace> recorded_place;
  // What of earlier steps this one answers to (Dialect::what_led_to): the stack is of one turn
  // only.
  std::vector<std::string> led_by;
  uint64_t looks = 0;
  double wall_s = 0;  // of the run
  std::string loss;   // why there is no place, or why it may be another; empty: neither
};

// nullopt for a verdict without a step that an engine does, and with by_itself for one without a
// place. A look that fails, whyever, is a loss: the verdict is there already.
[[nodiscard]] std::optional<SourceView> view_source(const Recording& recording,
                                                    const Engine& engine, const ReplayRequest& base,
                                                    const SubjectReport& report,
                                                    const SourceRequest& asked,
                                                    const Interrupt& interrupt);

// The member "js" of a verdict, with its lines for people.
[[nodiscard]] ReportPart source_part(const SourceView& view);

}  // namespace recrank
