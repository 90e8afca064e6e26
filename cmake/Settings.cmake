# Compiler settings for our own code only; foreign headers are SYSTEM.
add_library(recrank_settings INTERFACE)
target_include_directories(recrank_settings INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(recrank_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough)
# gcc 12 at -O2 takes std::string's operator+ for overlapping copies (GCC bug 105651).
target_compile_options(recrank_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
foreach(sanitizer IN LISTS RECRANK_SANITIZE)
  target_compile_options(recrank_settings INTERFACE
    -fsanitize=${sanitizer} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(recrank_settings INTERFACE -fsanitize=${sanitizer})
endforeach()
if(RECRANK_FUZZ)
  target_compile_options(recrank_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

# A compiler cache and a fast linker are used where they are.
find_program(RECRANK_CCACHE ccache)
if(RECRANK_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${RECRANK_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${RECRANK_CCACHE})
endif()
# Not with gcc: its empty .cold parts have unwind tables of their own, for the address of the function
# that follows; lld 14 keeps them, the unwinder may find them first, and an exception ends the program.
find_program(RECRANK_LLD ld.lld)
if(RECRANK_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()

# One folder is one library. `recrank_folder(SOURCES ... USES ...)` in snapshot/agoric/slog makes
# recrank::snapshot_agoric_slog. USES are the folders and foreign libraries whose headers it
# includes: the tidy test holds that list against the sources, so that no folder reaches farther
# than it says. Files of a folder are compiled together (RECRANK_UNITY): parsing the headers costs
# most of the time, and is then done once.
function(recrank_folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" name ${folder})
  add_library(recrank_${name} STATIC ${ARG_SOURCES})
  add_library(recrank::${name} ALIAS recrank_${name})
  set_target_properties(recrank_${name} PROPERTIES
    UNITY_BUILD ${RECRANK_UNITY} UNITY_BUILD_BATCH_SIZE ${RECRANK_UNITY_FILES})
  target_link_libraries(recrank_${name} PUBLIC ${ARG_USES} PRIVATE recrank_settings)
endfunction()
