// Writes an LMDB file from its first byte to its last, without liblmdb: one main tree, one
// transaction, pages of 4096 bytes on every machine.
// Format: docs/formats/kerneldb-lmdb-2021.md ("LMDB pages")
//
// liblmdb puts values of any size through memory, leaves bytes of it between the nodes, and with
// MDB_WRITEMAP ends by SIGBUS on a full disk. Here equal records give equal bytes, a value streams
// to the file, and a full disk is a kIo Error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

// `fd` is an empty file that is written in order; not owned. Values that are larger than liblmdb
// puts into a leaf become overflow runs, in the order in which they come. Holds the keys and the
// small values in memory. One thread. Throws kIo "cannot write <name>: …".
class LmdbFileWriter {
 public:
  // `mark` is put behind the meta records, where liblmdb does not look.
  LmdbFileWriter(int fd, std::string name, std::string_view mark);

  // Keys may come in any order, each once, at most 511 bytes and not empty.
  void put(std::string key, std::string_view value);
  // One value in pieces: append() any number of times, then end_value() with its key.
  void append(std::string_view piece);
  void end_value(std::string key);
  // Writes tree and meta pages; nothing may follow. The size of the file.
  uint64_t finish();

 private:
  struct Record {
    std::string key;
    std::string value;  // empty for a run
    uint64_t page = 0;  // of a run's first page; 0: in the leaf
    uint64_t size = 0;  // of the value
  };
  struct Child {
    std::string key;  // the first one below the page
    uint64_t page = 0;
  };

  void begin_run();
  void write_at_end(std::string_view bytes);
  void write_at(uint64_t offset, std::string_view bytes);
  std::vector<Child> write_leaves();
  std::vector<Child> write_branches(const std::vector<Child>& below);
  void write_meta(uint64_t number, uint64_t root);

  int fd_;
  std::string name_;
  std::string mark_;
  std::vector<Record> records_;
  std::string small_;      // the value that is being appended, while it may fit into a leaf
  uint64_t run_page_ = 0;  // of the value that is being appended; 0: it is in small_
  uint64_t run_bytes_ = 0;
  uint64_t next_page_ = 2;
  uint64_t leaf_pages_ = 0;
  uint64_t branch_pages_ = 0;
  uint64_t overflow_pages_ = 0;
  uint16_t depth_ = 0;
};

}  // namespace recrank
