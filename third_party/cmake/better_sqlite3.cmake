# better_sqlite3.node, the SQLite binding that @agoric/swing-store uses. Upstream builds it with node-gyp, which wants
# to download Node's headers; here they come from the package that brings the Node binary.
#
# Defines and flags are those of deps/defines.gypi, deps/sqlite3.gyp and binding.gyp of the package.

set(RECRANK_SQLITE_DEFINES
    HAVE_INT16_T=1
    HAVE_INT32_T=1
    HAVE_INT8_T=1
    HAVE_STDINT_H=1
    HAVE_UINT16_T=1
    HAVE_UINT32_T=1
    HAVE_UINT8_T=1
    HAVE_USLEEP=1
    SQLITE_DEFAULT_CACHE_SIZE=-16000
    SQLITE_DEFAULT_FOREIGN_KEYS=1
    SQLITE_DEFAULT_MEMSTATUS=0
    SQLITE_DEFAULT_WAL_SYNCHRONOUS=1
    SQLITE_DQS=0
    SQLITE_ENABLE_COLUMN_METADATA
    SQLITE_ENABLE_DESERIALIZE
    SQLITE_ENABLE_FTS3
    SQLITE_ENABLE_FTS3_PARENTHESIS
    SQLITE_ENABLE_FTS4
    SQLITE_ENABLE_FTS5
    SQLITE_ENABLE_GEOPOLY
    SQLITE_ENABLE_JSON1
    SQLITE_ENABLE_MATH_FUNCTIONS
    SQLITE_ENABLE_RTREE
    SQLITE_ENABLE_STAT4
    SQLITE_ENABLE_UPDATE_DELETE_LIMIT
    SQLITE_LIKE_DOESNT_MATCH_BLOBS
    SQLITE_OMIT_DEPRECATED
    SQLITE_OMIT_PROGRESS_CALLBACK
    SQLITE_OMIT_SHARED_CACHE
    SQLITE_OMIT_TCL_VARIABLE
    SQLITE_SOUNDEX
    SQLITE_THREADSAFE=2
    SQLITE_TRACE_SIZE_LIMIT=32
    SQLITE_USE_URI=0)

# recrank_add_better_sqlite3(PACKAGE <dir> NODE <dir of the node-linux-* package>)
function(recrank_add_better_sqlite3)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "PACKAGE;NODE" "")
  set(sqlite "${arg_PACKAGE}/deps/sqlite3")

  add_library(sqlite3_for_node OBJECT "${sqlite}/sqlite3.c")
  target_compile_definitions(sqlite3_for_node PRIVATE ${RECRANK_SQLITE_DEFINES} NDEBUG)
  target_compile_options(sqlite3_for_node PRIVATE -std=c99 -O3 -w -fPIC -pthread)

  add_library(better_sqlite3 MODULE "${arg_PACKAGE}/src/better_sqlite3.cpp")
  target_include_directories(better_sqlite3 PRIVATE "${sqlite}" "${arg_NODE}/include/node")
  target_compile_definitions(
    better_sqlite3
    PRIVATE ${RECRANK_SQLITE_DEFINES}
            NDEBUG
            NODE_GYP_MODULE_NAME=better_sqlite3
            BUILDING_NODE_EXTENSION
            USING_UV_SHARED=1
            USING_V8_SHARED=1
            V8_DEPRECATION_WARNINGS=0
            _FILE_OFFSET_BITS=64
            _LARGEFILE_SOURCE)
  target_compile_options(better_sqlite3 PRIVATE -std=c++17 -O3 -w -fPIC -pthread -fno-rtti -fno-exceptions)
  # Node brings no SQLite of its own today; -Bsymbolic keeps ours ours should a later one do.
  target_link_options(better_sqlite3 PRIVATE -Wl,-Bsymbolic -Wl,--exclude-libs,ALL)
  target_link_libraries(better_sqlite3 PRIVATE sqlite3_for_node pthread)

  # The package looks for its binding here (the `bindings` package's list of places).
  set_target_properties(better_sqlite3 PROPERTIES PREFIX "" SUFFIX ".node"
                        LIBRARY_OUTPUT_DIRECTORY "${arg_PACKAGE}/build/Release")
endfunction()
