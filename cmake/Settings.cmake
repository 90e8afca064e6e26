# Compiler settings for our own code only; foreign headers are SYSTEM.
add_library(recrank_settings INTERFACE)
target_include_directories(recrank_settings INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(recrank_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough)
# Everywhere, since some libraries ask for it and precompiled headers are of one set of options.
target_compile_options(recrank_settings INTERFACE -pthread)
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

# A compiler cache and a fast linker are used where they are. What is precompiled is cached as well
# if the cache may disregard that it holds times and macros that it does not use.
find_program(RECRANK_CCACHE ccache)
if(RECRANK_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${RECRANK_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${RECRANK_CCACHE})
endif()
# Not with gcc: its empty .cold parts have unwind tables of their own, for the address of the function
# that follows; lld 14 keeps them, the unwinder may find them first, and an exception ends the program.
find_program(RECRANK_LLD ld.lld)
if(RECRANK_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()

# Foreign headers that nearly every unit includes, parsed once and not by each (RECRANK_PRECOMPILED).
# Never our own: a touch of one would compile everything anew. `apart` compiles without, so that a
# file includes what it uses. With clang only: gcc refuses them where one macro more is defined, and
# saves little by them.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  set(RECRANK_PRECOMPILED OFF)
endif()
set(RECRANK_COMMON_HEADERS
  <algorithm> <array> <chrono> <cstdint> <deque> <filesystem> <fstream> <functional> <map> <memory>
  <mutex> <optional> <set> <span> <sstream> <string> <string_view> <thread> <unordered_map>
  <utility> <variant> <vector> <nlohmann/json.hpp>)

# recrank_precompiled(<name> <header>...): a library of nothing but precompiled headers, for the
# targets that are compiled with the same options.
function(recrank_precompiled name)
  if(NOT RECRANK_PRECOMPILED)
    return()
  endif()
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc "")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE recrank_settings nlohmann_json::nlohmann_json)
  target_precompile_headers(${name} PRIVATE ${ARGN})
  target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
endfunction()

# recrank_use_precompiled(<target> <name>)
function(recrank_use_precompiled target name)
  if(RECRANK_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

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
  recrank_use_precompiled(recrank_${name} recrank_headers)
endfunction()
