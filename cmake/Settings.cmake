# Compiler settings for our own code only; foreign headers are SYSTEM.
add_library(recrank_settings INTERFACE)
target_include_directories(recrank_settings INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(recrank_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough)
foreach(sanitizer IN LISTS RECRANK_SANITIZE)
  target_compile_options(recrank_settings INTERFACE
    -fsanitize=${sanitizer} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(recrank_settings INTERFACE -fsanitize=${sanitizer})
endforeach()
if(RECRANK_FUZZ)
  target_compile_options(recrank_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

# recrank_library(<layer> SOURCES ... USES ...): one static library per layer, alias recrank::<layer>.
function(recrank_library layer)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  add_library(recrank_${layer} STATIC ${ARG_SOURCES})
  add_library(recrank::${layer} ALIAS recrank_${layer})
  target_link_libraries(recrank_${layer} PUBLIC ${ARG_USES} PRIVATE recrank_settings)
endfunction()
