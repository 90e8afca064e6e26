#include "harness/console/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace recrank {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;

// A file that is standard output or standard error already is written from where that stands.
UniqueFd open_through(const std::string& path) {
  struct stat wanted {};
  if (::stat(path.c_str(), &wanted) != 0) throw_errno("cannot write " + path, errno);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat standard {};
    if (::fstat(fd, &standard) != 0 || standard.st_dev != wanted.st_dev ||
        standard.st_ino != wanted.st_ino) {
      continue;
    }
    UniqueFd same(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (same.valid()) return same;
  }
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) throw_errno("cannot write " + path, errno);
  return fd;
}

template <typename Take>
void copy_all(int fd, const std::string& name, Take&& take) {
  std::string chunk(kChunkBytes, '\0');
  uint64_t at = 0;
  while (const size_t got = read_some_at(fd, chunk.data(), chunk.size(), at, name)) {
    take(std::string_view(chunk).substr(0, got));
    at += got;
  }
}

}  // namespace

OutputFile::OutputFile(const Outputs& outputs, std::string path)
    : outputs_(outputs), path_(std::move(path)), place_(outputs.place_of(path_)) {
  if (place_.way != OutputPlace::Way::kThrough) {
    file_ = std::make_unique<AtomicFile>(place_.path);
    return;
  }
  scratch_ = std::make_unique<ScratchDir>();
  spool_ = open_nameless(scratch_->path());
}

void OutputFile::write(std::string_view bytes) {
  if (file_) return file_->write(bytes);
  write_all(spool_.get(), bytes, "the spool of " + path_);
}

void OutputFile::commit() {
  // Long work lies between: another file may have come to be there.
  const OutputPlace now = outputs_.place_of(path_);
  if (now.way == OutputPlace::Way::kThrough ? file_ != nullptr : now.path != place_.path) {
    throw Error(ErrorCode::kIo, path_ + ": came to be another file meanwhile");
  }
  if (file_) return now.way == OutputPlace::Way::kNew ? file_->commit_as_new() : file_->commit();
  const UniqueFd to = open_through(path_);
  copy_all(spool_.get(), path_, [&](std::string_view bytes) { write_all(to.get(), bytes, path_); });
}

void copy_to_output(const Outputs& outputs, const std::string& path,
                    const std::filesystem::path& file) {
  OutputFile output(outputs, path);
  copy_all(open_for_read(file).get(), file.string(),
           [&](std::string_view bytes) { output.write(bytes); });
  output.commit();
}

void write_output(const Outputs& outputs, const std::string& path, std::string_view bytes) {
  OutputFile file(outputs, path);
  file.write(bytes);
  file.commit();
}

}  // namespace recrank
