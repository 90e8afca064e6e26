#include "tests/support/snapshot/archive_fixture.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <stdexcept>

namespace recrank {

void write_archive(const std::filesystem::path& file, std::string_view format,
                   std::string_view filter, const std::vector<ArchiveMember>& members) {
  const std::unique_ptr<archive, int (*)(archive*)> out(archive_write_new(), archive_write_free);
  const auto must = [&](int code) {
    if (code != ARCHIVE_OK) throw std::runtime_error(archive_error_string(out.get()));
  };
  must(archive_write_set_format_by_name(out.get(), std::string(format).c_str()));
  if (filter != "none")
    must(archive_write_add_filter_by_name(out.get(), std::string(filter).c_str()));
  must(archive_write_open_filename(out.get(), file.c_str()));
  for (const ArchiveMember& member : members) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                         archive_entry_free);
    archive_entry_set_pathname(entry.get(), member.name.c_str());
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(member.bytes.size()));
    if (!member.link_to.empty()) {
      archive_entry_set_filetype(entry.get(), AE_IFLNK);
      archive_entry_set_symlink(entry.get(), member.link_to.c_str());
    }
    if (!member.hard_link.empty())
      archive_entry_set_hardlink(entry.get(), member.hard_link.c_str());
    must(archive_write_header(out.get(), entry.get()));
    archive_write_data(out.get(), member.bytes.data(), member.bytes.size());
  }
  must(archive_write_close(out.get()));
}

}  // namespace recrank
