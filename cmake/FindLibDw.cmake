# Defines LibDw::LibDw (elfutils' libdw with libdwfl, and libelf) from libdw's pkg-config file.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(LIBDW QUIET IMPORTED_TARGET libdw)
endif()
find_library(LIBELF_LIBRARY elf)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibDw REQUIRED_VARS LIBDW_LINK_LIBRARIES LIBELF_LIBRARY
  VERSION_VAR LIBDW_VERSION)
if(LibDw_FOUND AND NOT TARGET LibDw::LibDw)
  add_library(LibDw::LibDw INTERFACE IMPORTED)
  target_link_libraries(LibDw::LibDw INTERFACE PkgConfig::LIBDW ${LIBELF_LIBRARY})
endif()
