// Format: docs/evidence.md
#include "snapshot/capture/node_capture.h"

#include <algorithm>
#include <array>
#include <map>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file_mode.h"
#include "base/hash.h"
#include "base/text.h"
#include "snapshot/capture/capture_manifest.h"
#include "snapshot/io/archive_reader.h"
#include "snapshot/io/archive_writer.h"
#include "snapshot/open/recognise.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

void stop_if_asked(const Interrupt& interrupt) {
  if (interrupt.requested()) throw Error(ErrorCode::kIo, "interrupted: nothing was captured");
}

void check_request(const CaptureRequest& request) {
  std::error_code error;
  if (!fs::is_directory(request.source, error)) {
    throw Error(ErrorCode::kInvalidData, request.source.string() +
                                             ": no directory; capture takes the "
                                             "directory of a node");
  }
  if (fs::exists(fs::symlink_status(request.destination, error))) {
    throw Error(ErrorCode::kUsage,
                request.destination.string() + " is there already; evidence is never replaced");
  }
  const fs::path source = fs::canonical(request.source, error);
  fs::path place = fs::weakly_canonical(fs::absolute(request.destination), error).parent_path();
  for (;; place = place.parent_path()) {
    if (place == source) {
      throw Error(ErrorCode::kUsage,
                  request.destination.string() +
                      ": the archive would lie in the directory that it captures");
    }
    if (place == place.parent_path()) break;
  }
}

// What open_recording() is going to find, where the directory itself says it.
void look_for_recording(const fs::path& source, CapturedNode& node) {
  try {
    const Found found = find_recording(source, source.string());
    const std::string kind(found.format != nullptr ? found.format->name : "archive");
    const std::string place = found.path.lexically_relative(source).string();
    const std::string inside = place == "." || place.empty() ? "" : place;
    node.holds = kind + " " + std::string(kCapturedPrefix) + inside;
    const auto lies_there = [&](const CaptureFile& file) {
      return inside.empty() || file.path == inside || file.path.starts_with(inside + "/");
    };
    const auto& files = node.walk.files;
    node.recording = std::any_of(files.begin(), files.end(), lies_there);
    if (!node.recording) node.holds = "no recording: " + kind + " " + inside + " was left out";
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kIo) throw;
    node.recording = error.code() == ErrorCode::kUsage;
    node.holds = node.recording ? "several recordings" : "no recording that recrank reads";
  }
}

// Reads the file again as it was measured; what differs by then was written meanwhile.
void add_measured(ArchiveWriter& writer, const Beneath& directory, const CaptureFile& file,
                  const std::string& name, const Interrupt& interrupt) {
  const UniqueFd fd = open_captured(directory, file);
  Sha256 hash;
  uint64_t at = 0;
  writer.add_file(name, file.bytes, file.data, [&](char* data, size_t size) {
    stop_if_asked(interrupt);
    const size_t got = read_some_at(fd.get(), data, size, at, file.path);
    hash.update({data, got});
    at += got;
    return got;
  });
  if (hash.finish_hex() != file.sha256) {
    throw Error(ErrorCode::kIo, printable(file.path, 300) +
                                    ": changed while it was read; stop the node and capture again");
  }
}

void write_archive(ArchiveWriter& writer, const CaptureRequest& request, const CapturedNode& node,
                   const Interrupt& interrupt) {
  writer.add_text(std::string(kCaptureManifest), capture_manifest(node, request.binary));
  std::map<std::pair<std::string, uint64_t>, std::string> first;  // of each content
  for (const CaptureFile& file : node.walk.files) {
    const std::string name = std::string(kCapturedPrefix) + file.path;
    const auto [known, is_new] = first.try_emplace({file.sha256, file.bytes}, name);
    if (is_new || file.bytes == 0)
      add_measured(writer, *node.walk.directory, file, name, interrupt);
    else writer.add_same(name, known->second);
  }
  if (!request.binary_file.empty()) {
    const UniqueFd fd = open_for_read(request.binary_file);
    uint64_t at = 0;
    const std::array<ByteRange, 1> all{ByteRange{0, request.binary->bytes}};
    writer.add_file(std::string(kCapturedBinaryPrefix) + request.binary->name,
                    request.binary->bytes, all, [&](char* data, size_t size) {
                      const size_t got = read_some_at(fd.get(), data, size, at, "the binary");
                      at += got;
                      return got;
                    });
  }
  writer.finish();
}

std::string hash_of_entry(ArchiveReader& reader, uint64_t bytes) {
  static constexpr std::array<char, 65536> kZeroes{};
  Sha256 hash;
  uint64_t at = 0;
  const auto fill_to = [&](uint64_t end) {
    while (at < end) {
      const auto size = static_cast<size_t>(std::min<uint64_t>(kZeroes.size(), end - at));
      hash.update({kZeroes.data(), size});
      at += size;
    }
  };
  while (const auto piece = reader.read()) {
    fill_to(piece->offset);
    hash.update(piece->bytes);
    at += piece->bytes.size();
  }
  fill_to(bytes);
  return hash.finish_hex();
}

// What is about to replace a node must be what it says: every entry, hashed anew.
void read_back(const fs::path& archive, const CaptureRequest& request, const CapturedNode& node,
               const Interrupt& interrupt) {
  const std::string shown = request.destination.string();
  std::map<std::string, const CaptureFile*> wanted;
  for (const CaptureFile& file : node.walk.files) {
    wanted[std::string(kCapturedPrefix) + file.path] = &file;
  }
  std::map<std::string, std::string> hashes;
  ArchiveReader reader(archive, shown);
  while (const auto entry = reader.next()) {
    stop_if_asked(interrupt);
    const auto file = wanted.find(entry->name);
    if (file == wanted.end()) continue;
    const bool same = !entry->hard_link.empty();
    const std::string hash =
        same ? hashes[entry->hard_link] : hash_of_entry(reader, file->second->bytes);
    if (hash != file->second->sha256) {
      throw Error(ErrorCode::kIo, shown + ": read back, " + printable(entry->name, 300) +
                                      " is not what was written; the disk or the memory is bad");
    }
    hashes[entry->name] = hash;
  }
  if (hashes.size() != wanted.size()) {
    throw Error(ErrorCode::kIo, shown + ": read back, it lacks files that were written");
  }
}

void count_bytes(CapturedNode& node) {
  std::map<std::string, bool> known;
  for (const CaptureFile& file : node.walk.files) {
    node.bytes += file.bytes;
    if (!known.try_emplace(file.sha256, true).second) {
      node.equal_bytes += file.bytes;
      continue;
    }
    uint64_t data = 0;
    for (const ByteRange& range : file.data) data += range.end - range.begin;
    node.hole_bytes += file.bytes - data;
  }
}

}  // namespace

CapturedNode capture_node(const CaptureRequest& request, const Interrupt& interrupt) {
  check_request(request);
  CapturedNode node;
  node.walk = walk_for_capture(request.source, request.leave_out_suspects, interrupt);
  if (node.walk.files.empty()) {
    throw Error(ErrorCode::kInvalidData,
                request.source.string() + ": no file in it that could be captured (" +
                    format_count(node.walk.secrets.size()) + " left out as secrets, " +
                    format_count(node.walk.unreadable.size()) + " not readable)");
  }
  look_for_recording(request.source, node);
  count_bytes(node);
  const OwnerOnly owner_only;
  AtomicFile file(request.destination);
  {
    ArchiveWriter writer(file.fd(), request.destination.string());
    write_archive(writer, request, node, interrupt);
  }
  read_back(file.temporary_path(), request, node, interrupt);
  node.archive_bytes = file_size(file.fd(), request.destination.string());
  node.archive_sha256 = sha256_hex_of_file(file.temporary_path());
  file.commit_as_new();  // another may have come to be there meanwhile
  return node;
}

}  // namespace recrank
