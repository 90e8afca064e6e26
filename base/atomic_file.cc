#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/error.h"

namespace recrank {
namespace {

mode_t usual_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  std::string name = path_.string() + ".incomplete-XXXXXX";
  fd_ = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd_.valid()) throw_errno("cannot create " + path_.string(), errno);
  temporary_ = name;
}

AtomicFile::~AtomicFile() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) { write_all(fd_.get(), bytes, path_.string()); }

void AtomicFile::commit() {
  if (::fchmod(fd_.get(), usual_mode()) != 0 || ::fsync(fd_.get()) != 0) {
    throw_errno("cannot write " + path_.string(), errno);
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw_errno("cannot create " + path_.string(), errno);
  }
  committed_ = true;
}

}  // namespace recrank
