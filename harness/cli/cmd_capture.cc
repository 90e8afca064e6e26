// `recrank capture`: what a node left behind, as one archive, before it is wiped.

#include <sstream>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "harness/cli/command.h"
#include "harness/console/exit_status.h"
#include "replay/process/program_words.h"
#include "snapshot/capture/capture_manifest.h"
#include "snapshot/capture/node_capture.h"

namespace recrank {
namespace {

constexpr size_t kShownMax = 20;
constexpr size_t kWordsBytes = 300;
constexpr size_t kWordsMax = 20;

ArgumentSpec capture_spec() {
  ArgumentSpec spec;
  spec.usage = "capture DIR -o FILE.tar.zst [--binary PROGRAM]";
  spec.about =
      "Archives what a stopped or crashed node left in DIR (databases, tables, logs) as evidence,\n"
      "before a restart wipes it: sparse, equal files once, each with its sha256, keys and seeds "
      "left\n"
      "out by rule. The archive is itself a recording. It appears whole or not at all, after it "
      "was\n"
      "read back; DIR is not changed. Exit status 125 when anything could not be read, so that\n"
      "`recrank capture … && rm …` removes nothing that is not in the archive but secrets.";
  spec.examples =
      "  recrank capture /var/lib/henyey -o crash.tar.zst --binary /usr/bin/henyey\n"
      "  recrank capture ~/.agoric -o before-the-wipe.tar.zst\n"
      "  recrank inspect crash.tar.zst\n";
  spec.positional_min = 1;
  spec.positional_max = 1;
  spec.positional_names = Names::kRecording;
  add_value(spec, "output,o", "FILE", "where the archive goes; must not be there, nor in DIR",
            Names::kOutput);
  add_value(spec, "binary", "PROGRAM",
            "the program that the node ran: its sha256, size and version", Names::kInput);
  add_flag(spec, "with-binary", "put the program itself into the archive as well");
  add_flag(spec, "leave-out-suspects",
           "leave logs and recordings out too in which something looks like a key (status 125)");
  return spec;
}

// The lines that it prints when it is asked the usual ways.
std::vector<std::string> version_words(const std::filesystem::path& program,
                                       const Interrupt& interrupt) {
  std::vector<std::string> words;
  for (const char* question : {"--version", "version", "info"}) {
    const auto answer = ask_program({.program = program, .arguments = {question}}, interrupt);
    if (!answer) continue;
    std::istringstream lines(*answer);
    for (std::string line; words.size() < kWordsMax && std::getline(lines, line);) {
      if (!line.empty()) words.push_back(printable(line, kWordsBytes));
    }
    if (std::string_view(question) == "--version") break;  // the others are for those that lack it
  }
  return words;
}

BinaryIdentity identify(const std::filesystem::path& program, const Interrupt& interrupt) {
  BinaryIdentity identity;
  const auto absolute = std::filesystem::absolute(program);
  identity.name = program.filename().string();
  identity.sha256 = sha256_hex_of_file(absolute);
  identity.bytes = std::filesystem::file_size(absolute);
  try {
    identity.words = version_words(absolute, interrupt);
  } catch (const Error& error) {
    // Of another machine's kind, or not executable: its hash identifies it all the same.
    if (error.code() != ErrorCode::kWorker || interrupt.requested()) throw;
  }
  return identity;
}

std::string list_text(const char* head, const std::vector<PassedOver>& list) {
  if (list.empty()) return "";
  std::string text = std::string(head) + format_count(list.size()) + "\n";
  for (size_t i = 0; i < list.size() && i < kShownMax; ++i) {
    text += "           " + printable(list[i].path, 200) + ": " + printable(list[i].why, 200) +
            (list[i].line > 0 ? ", line " + std::to_string(list[i].line) : "") + "\n";
  }
  if (list.size() > kShownMax) text += "           … (all of them are in capture.json)\n";
  return text;
}

std::string text_of(const CapturedNode& node, const CaptureRequest& request) {
  const CaptureWalk& walk = node.walk;
  std::string text = "captured   " + printable(request.source.string()) + " in " +
                     printable(request.destination.string()) + "\n";
  text += "holds      " + printable(node.holds) + "\n";
  text += "files      " + format_count(walk.files.size()) + ", " + format_bytes(node.bytes);
  if (node.equal_bytes > 0)
    text += ", " + format_bytes(node.equal_bytes) + " of it equal to others";
  if (node.hole_bytes > 0) text += ", " + format_bytes(node.hole_bytes) + " of it zeroes";
  text += "\narchive    " + format_bytes(node.archive_bytes) + ", sha256 " + node.archive_sha256 +
          ", read back\n";
  for (const CaptureFile& each : walk.files) {
    if (!each.copy.empty())
      text += "in use     " + printable(each.path, 200) + ": copied consistently\n";
  }
  if (request.binary) {
    const BinaryIdentity& binary = *request.binary;
    text += "binary     " + printable(binary.name, 100) + ", " + format_bytes(binary.bytes) +
            ", sha256 " + binary.sha256 + "\n";
    for (const std::string& words : binary.words) text += "           says " + words + "\n";
  }
  if (walk.directory->by_parts()) {
    text += "note       no openat2 here: each path was opened part by part, through no link\n";
  }
  text += list_text("secrets    left out: ", walk.secrets);
  text += list_text("LOOK       before you send it: kept as evidence, with what looks like a key: ",
                    walk.suspects);
  text += list_text("skipped    ", walk.skipped);
  text += list_text("MISSING    not readable: ", walk.unreadable);
  return text;
}

CommandResult report(const CapturedNode& node, const CaptureRequest& request) {
  CommandResult result;
  result.text = text_of(node, request);
  result.report = {{"schema", "recrank.captured/1"},
                   {"source", printable(request.source.string())},
                   {"archive", printable(request.destination.string())},
                   {"archive_bytes", node.archive_bytes},
                   {"archive_sha256", node.archive_sha256},
                   {"holds", printable(node.holds)},
                   {"recording", node.recording},
                   {"files", node.walk.files.size()},
                   {"bytes", node.bytes},
                   {"equal_bytes", node.equal_bytes},
                   {"hole_bytes", node.hole_bytes},
                   {"secrets_left_out", passed_over_json(node.walk.secrets)},
                   {"kept_with_suspicion", passed_over_json(node.walk.suspects)},
                   {"skipped", passed_over_json(node.walk.skipped)},
                   {"unreadable", passed_over_json(node.walk.unreadable)}};
  if (request.binary) {
    result.report["binary"] = {{"name", printable(request.binary->name)},
                               {"bytes", request.binary->bytes},
                               {"sha256", request.binary->sha256},
                               {"says", request.binary->words}};
  }
  if (!node.walk.unreadable.empty() || node.walk.evidence_left_out > 0) {
    result.exit_status = kExitUnjudged;
    result.text += "the archive is not all that lay there: exit status 125\n";
  }
  return result;
}

CommandResult run_capture(const Arguments& arguments, Context& context) {
  CaptureRequest request;
  const auto destination = arguments.text("output");
  if (!destination) throw Error(ErrorCode::kUsage, "where to? -o FILE.tar.zst");
  request.source = arguments.positional().front();
  request.destination = *destination;
  request.leave_out_suspects = arguments.flag("leave-out-suspects");
  const auto binary = arguments.text("binary");
  if (arguments.flag("with-binary") && !binary) {
    throw Error(ErrorCode::kUsage, "--with-binary of which? --binary PROGRAM");
  }
  if (binary) request.binary = identify(*binary, context.interrupt);
  if (arguments.flag("with-binary")) request.binary_file = *binary;
  return report(capture_node(request, context.interrupt), request);
}

}  // namespace

const Command kCaptureCommand{"capture", "archive what a node left behind, before it is wiped",
                              capture_spec, run_capture, "recrank.captured/1"};

}  // namespace recrank
