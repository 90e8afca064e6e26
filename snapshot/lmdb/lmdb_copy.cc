// Format: docs/formats/kerneldb-lmdb-2021.md (LMDB pages; copying while a process writes)
//
// Why a copy without any lock is consistent. LMDB never writes to a page of a committed transaction
// in place. A page that transaction N gives up is noted in the free list under N, and a writer W
// takes only pages noted under numbers below the oldest transaction in use, which is at most W-1
// (mdb_page_alloc and mdb_find_oldest in liblmdb 0.9.24 and in mdb.master of 2015). So pages of N
// that N+1 gives up are taken by N+3 at the earliest, and N+3 begins only after the meta page of
// N+2 is written. Hence: read meta N, copy all pages up to its last one, read the metas again; if
// the newest is still at most N+1, every page of N was intact all the time. With MDB_WRITEMAP the
// pages of an unfinished transaction are in the file early, but they are taken by the same rule.
#include "snapshot/lmdb/lmdb_copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "snapshot/io/sparse_writer.h"
#include "snapshot/lmdb/lmdb_env.h"
#include "snapshot/lmdb/lmdb_meta.h"

namespace recrank {
namespace {

constexpr int kTriesMax = 8;
constexpr uint64_t kIntactUntil = 1;  // N is intact while the newest is at most N + this
constexpr size_t kChunkBytes = size_t{1} << 20;

// The next offset with data, or with a hole, from `offset` on; `end` when there is none. File
// systems without holes report one stretch of data.
uint64_t seek_to(int fd, uint64_t offset, uint64_t end, int whence, const std::string& name) {
  const off_t found = ::lseek(fd, static_cast<off_t>(offset), whence);
  if (found >= 0) return std::min(static_cast<uint64_t>(found), end);
  if (errno == ENXIO) return end;
  if (errno == EINVAL) return whence == SEEK_DATA ? offset : end;
  throw_errno("cannot read " + name, errno);
}

struct Files {
  int source;
  std::string source_name;
  int destination;
  std::string destination_name;
};

void copy_range(const Files& files, SparseWriter& out, uint64_t begin, uint64_t end) {
  std::string chunk(kChunkBytes, '\0');
  uint64_t at = seek_to(files.source, begin, end, SEEK_DATA, files.source_name);
  while (at < end) {
    const uint64_t stop = seek_to(files.source, at, end, SEEK_HOLE, files.source_name);
    while (at < stop) {
      const size_t wanted = std::min<uint64_t>(chunk.size(), stop - at);
      const size_t got = read_some_at(files.source, chunk.data(), wanted, at, files.source_name);
      if (got == 0) return;  // shortened meanwhile; check_lmdb() decides whether that matters
      out.write_at(std::string_view(chunk).substr(0, got), at);
      at += got;
    }
    at = seek_to(files.source, stop, end, SEEK_DATA, files.source_name);
  }
}

// One try. nullopt when a writer may have recycled pages of the transaction meanwhile.
std::optional<LmdbCopy> try_copy(const Files& files) {
  const LmdbMeta meta = read_lmdb_metas(files.source, files.source_name).newest;
  const uint64_t wanted = (meta.last_page + 1) * meta.page_size;
  const uint64_t size = std::min(wanted, file_size(files.source, files.source_name));
  SparseWriter out(files.destination, files.destination_name);
  out.finish(0);  // what an earlier try wrote
  out.finish(size);
  copy_range(files, out, uint64_t{2} * meta.page_size, size);
  // The same meta in both places: the other one of the source may be of a later transaction.
  for (uint64_t place = 0; place < 2; ++place) {
    std::string bytes = meta.bytes;
    std::fill_n(bytes.begin(), 8, '\0');
    bytes[0] = static_cast<char>(place);  // the page's own number
    out.write_at(bytes, place * meta.page_size);
  }
  const uint64_t newest = read_lmdb_metas(files.source, files.source_name).newest.txnid;
  if (newest < meta.txnid || newest - meta.txnid > kIntactUntil) return std::nullopt;
  return LmdbCopy{.txnid = meta.txnid, .bytes = size};
}

std::optional<LmdbCopy> try_to_copy(const Files& files) {
  std::optional<LmdbCopy> copy;
  for (int i = 0; i < kTriesMax && !copy; ++i) copy = try_copy(files);
  return copy;
}

std::filesystem::path lock_file_of(const std::filesystem::path& file) {
  if (file.filename() == "data.mdb") return file.parent_path() / "lock.mdb";
  return file.string() + "-lock";
}

struct EnvCloser {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
};

// The writer sees our reader slot and keeps the pages. Compact: needs no lock that a writer holds
// for the length of its transaction.
LmdbCopy copy_with_reader_slot(const std::filesystem::path& source, const Files& files) {
  const auto fail = [&](const std::string& why) {
    throw Error(ErrorCode::kIo,
                files.source_name +
                    ": a running process changes the database faster than it can be copied, and " +
                    why + "; stop that process, or pause it (SIGSTOP) while copying");
  };
  const auto checked = [&](int code, const char* function) {
    if (code != 0) fail(std::string(function) + " fails: " + mdb_strerror(code));
  };
  // liblmdb would make one beside the evidence; and a writer without one sees no reader.
  std::error_code absent;
  if (!std::filesystem::exists(lock_file_of(source), absent)) {
    fail(lock_file_of(source).string() + " is not there");
  }
  MDB_env* raw = nullptr;
  checked(mdb_env_create(&raw), "mdb_env_create");
  const std::unique_ptr<MDB_env, EnvCloser> env(raw);
  const bool in_directory = source.filename() == "data.mdb";
  const std::filesystem::path path = in_directory ? source.parent_path() : source;
  const unsigned flags = MDB_RDONLY | MDB_NOTLS | (in_directory ? 0U : MDB_NOSUBDIR);
  checked(mdb_env_open(raw, path.empty() ? "." : path.c_str(), flags, 0644), "mdb_env_open");
  SparseWriter(files.destination, files.destination_name).finish(0);
  if (::lseek(files.destination, 0, SEEK_SET) != 0) throw_errno("cannot seek in a copy", errno);
  checked(mdb_env_copyfd2(raw, files.destination, MDB_CP_COMPACT), "mdb_env_copyfd2");
  return LmdbCopy{.bytes = file_size(files.destination, files.destination_name),
                  .used_reader_slot = true};
}

bool holds_lock(const std::filesystem::path& lock_file) {
  const UniqueFd fd(::open(lock_file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return errno != ENOENT && errno != ENOTDIR;
  struct flock lock {};
  lock.l_type = F_WRLCK;  // conflicts with every lock that there can be
  lock.l_whence = SEEK_SET;
  if (::fcntl(fd.get(), F_GETLK, &lock) != 0) return true;
  return lock.l_type != F_UNLCK;
}

}  // namespace

bool lmdb_in_use(const std::filesystem::path& file) {
  std::error_code ignored;  // a path that cannot be resolved is asked for as it stands
  std::filesystem::path real = std::filesystem::canonical(file, ignored);
  if (real.empty()) real = file;
  return holds_lock(lock_file_of(real)) || holds_lock(real.string() + "-lock");
}

LmdbCopy copy_lmdb_consistently(const std::filesystem::path& source,
                                const std::filesystem::path& destination,
                                const std::string& shown) {
  const bool live = lmdb_in_use(source);
  const UniqueFd fd = open_for_read(source);
  AtomicFile out(destination);
  const Files files{fd.get(), shown.empty() ? source.string() : shown, out.fd(),
                    destination.string()};
  std::optional<LmdbCopy> copy = try_to_copy(files);
  if (!copy) copy = copy_with_reader_slot(source, files);
  copy->live = live;
  const LmdbShape shape = check_lmdb(out.fd(), files.source_name);
  if (copy->used_reader_slot) copy->txnid = shape.metas.newest.txnid;
  out.commit_as_new();
  return *copy;
}

void copy_lmdb_consistently(int source, const std::filesystem::path& destination,
                            const std::string& shown) {
  AtomicFile out(destination);
  const Files files{source, shown, out.fd(), destination.string()};
  if (!try_to_copy(files)) {
    throw Error(ErrorCode::kIo,
                shown +
                    ": a running process changes the database faster than it can be copied; "
                    "stop that process, or pause it (SIGSTOP) while copying");
  }
  (void)check_lmdb(out.fd(), shown);
  out.commit();
}

}  // namespace recrank
