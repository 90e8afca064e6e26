# What keys and secrets are known by, as data of the program: the rules of gitleaks and the words of
# mnemonics. They come from npm like all that is not ours (third_party/README.md), and a build without
# them would let keys through: so they are fetched where they are not there yet.
set(RECRANK_SECRET_RULES "" CACHE PATH
  "Directory with the packages of third_party/secret-rules/package-lock.json; empty: fetched into node_modules there")

function(recrank_secret_rules out)
  if(RECRANK_SECRET_RULES)
    set(${out} "${RECRANK_SECRET_RULES}" PARENT_SCOPE)
    return()
  endif()
  set(package "${CMAKE_SOURCE_DIR}/third_party/secret-rules")
  set(stamp "${package}/node_modules/.recrank-lock")
  file(SHA256 "${package}/package-lock.json" wanted)
  set(fetched "")
  if(EXISTS "${stamp}")
    file(SHA256 "${stamp}" fetched)
  endif()
  if(NOT fetched STREQUAL wanted)
    message(STATUS "fetching what keys and secrets are known by (npm)")
    execute_process(COMMAND npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
      WORKING_DIRECTORY "${package}" RESULT_VARIABLE failed)
    if(failed)
      message(FATAL_ERROR "the rules for keys and secrets are missing, and npm cannot fetch them (${failed}): "
        "install npm and run cmake again with a network, or give a copy of "
        "third_party/secret-rules/node_modules with -DRECRANK_SECRET_RULES=…")
    endif()
    configure_file("${package}/package-lock.json" "${stamp}" COPYONLY)
  endif()
  set(${out} "${package}/node_modules" PARENT_SCOPE)
endfunction()

# Makes the file `source` define the text of `file` as recrank::`name`.
function(recrank_embed_text source file name)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT [[
#include <string_view>
namespace recrank {
namespace {
const unsigned char @name@Bytes[] = {@bytes@};
}
extern const std::string_view @name@;
const std::string_view @name@(reinterpret_cast<const char*>(@name@Bytes), sizeof(@name@Bytes));
}
]])
endfunction()
