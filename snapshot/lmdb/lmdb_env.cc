#include "snapshot/lmdb/lmdb_env.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"

namespace recrank {
namespace {

constexpr MDB_dbi kNamedMax = 8;
constexpr unsigned kOpenFlags = MDB_RDONLY | MDB_NOLOCK | MDB_NOSUBDIR | MDB_NOTLS;

MDB_val to_val(std::string_view bytes) {
  // liblmdb does not write through a key.
  return MDB_val{bytes.size(), const_cast<char*>(bytes.data())};
}

std::string_view to_view(const MDB_val& val) {
  return {static_cast<const char*>(val.mv_data), val.mv_size};
}

// The map must reach to the last page and no farther than needed: a damaged map size in the file
// is thus not used.
size_t map_bytes(const LmdbMeta& meta) {
  const auto unit = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const uint64_t bytes = (meta.last_page + 1) * meta.page_size;
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

void check_lmdb_call(int code, const char* function, std::string_view shown) {
  if (code == 0) return;
  // liblmdb's own codes are negative, errno values are positive.
  const ErrorCode kind = code < 0 ? ErrorCode::kInvalidData : ErrorCode::kIo;
  throw Error(kind, std::string(shown) + ": " + function + ": " + mdb_strerror(code));
}

LmdbEnv::LmdbEnv(const std::filesystem::path& file, std::string shown)
    : shown_(std::move(shown)), fd_(open_for_read(file)), shape_(check_lmdb(fd_.get(), shown_)) {
  check_lmdb_call(mdb_env_create(&env_), "mdb_env_create", shown_);
  try {
    check_lmdb_call(mdb_env_set_maxdbs(env_, kNamedMax), "mdb_env_set_maxdbs", shown_);
    check_lmdb_call(mdb_env_set_mapsize(env_, map_bytes(shape_.metas.newest)),
                    "mdb_env_set_mapsize", shown_);
    check_lmdb_call(mdb_env_open(env_, file.c_str(), kOpenFlags, 0), "mdb_env_open", shown_);
  } catch (...) {
    mdb_env_close(env_);
    throw;
  }
}

LmdbEnv::~LmdbEnv() { mdb_env_close(env_); }

bool LmdbEnv::has(std::string_view name) const {
  return std::find(shape_.names.begin(), shape_.names.end(), name) != shape_.names.end();
}

MDB_dbi LmdbEnv::open_dbi(const std::string& name) const { return open_tree(name.c_str()); }

MDB_dbi LmdbEnv::open_tree(const char* name) const {
  LmdbTxn txn(*this);
  MDB_dbi dbi = 0;
  check_lmdb_call(mdb_dbi_open(txn.get(), name, 0, &dbi), "mdb_dbi_open", shown_);
  txn.commit();
  return dbi;
}

void LmdbEnv::check_unchanged() const {
  if (read_lmdb_metas(fd_.get(), shown_).newest.txnid == shape_.metas.newest.txnid) return;
  throw Error(ErrorCode::kIo, shown_ +
                                  ": a running process changed the database while it was read; "
                                  "make a copy with 'recrank snapshot' and use that");
}

LmdbTxn::LmdbTxn(const LmdbEnv& env) : env_(&env) {
  check_lmdb_call(mdb_txn_begin(env.get(), nullptr, MDB_RDONLY, &txn_), "mdb_txn_begin",
                  env.shown());
}

LmdbTxn::~LmdbTxn() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

void LmdbTxn::commit() {
  check_lmdb_call(mdb_txn_commit(std::exchange(txn_, nullptr)), "mdb_txn_commit", env_->shown());
}

std::optional<std::string_view> LmdbTxn::find(MDB_dbi dbi, std::string_view key) const {
  MDB_val wanted = to_val(key);
  MDB_val found{};
  const int code = mdb_get(txn_, dbi, &wanted, &found);
  if (code == MDB_NOTFOUND) return std::nullopt;
  check_lmdb_call(code, "mdb_get", env_->shown());
  return to_view(found);
}

uint64_t LmdbTxn::entries(MDB_dbi dbi) const {
  MDB_stat stat{};
  check_lmdb_call(mdb_stat(txn_, dbi, &stat), "mdb_stat", env_->shown());
  return stat.ms_entries;
}

LmdbCursor::LmdbCursor(const LmdbTxn& txn, MDB_dbi dbi) : env_(&txn.env()) {
  check_lmdb_call(mdb_cursor_open(txn.get(), dbi, &cursor_), "mdb_cursor_open", env_->shown());
}

LmdbCursor::~LmdbCursor() {
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
}

std::optional<std::pair<std::string_view, std::string_view>> LmdbCursor::get(
    MDB_cursor_op operation, MDB_val key) {
  MDB_val value{};
  const int code = mdb_cursor_get(cursor_, &key, &value, operation);
  if (code == MDB_NOTFOUND) return std::nullopt;
  check_lmdb_call(code, "mdb_cursor_get", env_->shown());
  return std::pair(to_view(key), to_view(value));
}

std::optional<std::pair<std::string_view, std::string_view>> LmdbCursor::next() {
  return get(MDB_NEXT, {});
}

std::optional<std::pair<std::string_view, std::string_view>> LmdbCursor::seek_at_or_before(
    std::string_view key) {
  const auto found = get(MDB_SET_RANGE, to_val(key));
  if (found && found->first == key) return found;
  // Behind the last record the cursor stands nowhere.
  return found ? get(MDB_PREV, {}) : get(MDB_LAST, {});
}

}  // namespace recrank
