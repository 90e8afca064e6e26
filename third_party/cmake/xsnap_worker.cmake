# One XS engine: the worker built from the C sources in @agoric/xsnap, and beside it the two bundles that a worker
# evaluates before it takes its first delivery.
#
# Sources and flags are those of xsnap-native/xsnap/makefiles/lin/xsnap-worker.mk and src/build.js of the package.
# They are part of what a recording depends on: upstream's debug goal counts other computrons than its release goal.

set(RECRANK_XS_SOURCES
    xsAll.c xsAPI.c xsArguments.c xsArray.c xsAtomics.c xsBigInt.c xsBoolean.c xsCode.c xsCommon.c xsDataView.c
    xsDate.c xsDebug.c xsDefaults.c xsError.c xsFunction.c xsGenerator.c xsGlobal.c xsJSON.c xsLexical.c
    xsLockdown.c xsMapSet.c xsMarshall.c xsMath.c xsMemory.c xsModule.c xsNumber.c xsObject.c xsPlatforms.c
    xsProfile.c xsPromise.c xsProperty.c xsProxy.c xsRegExp.c xsRun.c xsScope.c xsScript.c xsSnapshot.c
    xsSourceMap.c xsString.c xsSymbol.c xsSyntaxical.c xsTree.c xsType.c xsdtoa.c xsre.c xsmc.c)

set(RECRANK_XS_MODULES
    text/decoder/textdecoder.c text/encoder/textencoder.c base64/modBase64.c)

set(RECRANK_XSNAP_SOURCES xsnapPlatform.c xsnap-worker.c)

# recrank_add_xsnap_worker(NAME <engine> VERSION <text of -v> GOAL release|debug PACKAGE <dir>
#                          LOCKDOWN <bundle> SUPERVISOR <bundle> ENGINES_DIR <dir>)
function(recrank_add_xsnap_worker)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;VERSION;GOAL;PACKAGE;LOCKDOWN;SUPERVISOR;ENGINES_DIR" "")

  set(xs "${arg_PACKAGE}/moddable/xs")
  set(modules "${arg_PACKAGE}/moddable/modules/data")
  set(xsnap "${arg_PACKAGE}/xsnap-native/xsnap/sources")
  set(sources ${RECRANK_XS_SOURCES})
  list(TRANSFORM sources PREPEND "${xs}/sources/")
  set(module_sources ${RECRANK_XS_MODULES})
  list(TRANSFORM module_sources PREPEND "${modules}/")
  set(xsnap_sources ${RECRANK_XSNAP_SOURCES})
  list(TRANSFORM xsnap_sources PREPEND "${xsnap}/")

  add_executable(${arg_NAME} ${sources} ${module_sources} ${xsnap_sources})
  target_include_directories(${arg_NAME} PRIVATE "${xs}/includes" "${xs}/platforms" "${xs}/sources" "${xsnap}")
  target_compile_definitions(
    ${arg_NAME}
    PRIVATE INCLUDE_XSPLATFORM
            XSPLATFORM=\"xsnapPlatform.h\"
            XSNAP_VERSION=\"${arg_VERSION}\"
            XSNAP_TEST_RECORD=0
            mxLockdown=1
            mxMetering=1
            mxDebug=1
            mxNoConsole=1
            mxBoundsCheck=1
            mxParse=1
            mxRun=1
            mxSloppy=1
            mxSnapshot=1
            mxRegExpUnicodePropertyEscapes=1
            mxStringNormalize=1
            mxMinusZero=1)
  # -w: warnings of foreign code tell us nothing. __has_builtin: src/build.js passes it on the compiler's name.
  target_compile_options(${arg_NAME} PRIVATE -fno-common -UmxInstrument "-D__has_builtin(x)=1" -w)
  # An engine is known by its sha256: where it was built must not be in it (assert and debug information name files).
  target_compile_options(
    ${arg_NAME} PRIVATE "-ffile-prefix-map=${arg_PACKAGE}=xsnap" "-ffile-prefix-map=${CMAKE_BINARY_DIR}=.")
  if(arg_GOAL STREQUAL "release")
    target_compile_options(${arg_NAME} PRIVATE -O3)
  elseif(arg_GOAL STREQUAL "debug")
    target_compile_options(${arg_NAME} PRIVATE -g -O0)
  else()
    message(FATAL_ERROR "unknown goal ${arg_GOAL}")
  endif()
  target_link_options(${arg_NAME} PRIVATE -rdynamic)
  target_link_libraries(${arg_NAME} PRIVATE dl m pthread)

  set(directory "${arg_ENGINES_DIR}/${arg_NAME}")
  set_target_properties(${arg_NAME} PROPERTIES OUTPUT_NAME xsnap-worker RUNTIME_OUTPUT_DIRECTORY "${directory}")

  add_custom_command(
    OUTPUT "${directory}/lockdown.bundle"
    COMMAND "${CMAKE_COMMAND}" -E copy "${arg_LOCKDOWN}" "${directory}/lockdown.bundle"
    DEPENDS "${arg_LOCKDOWN}"
    VERBATIM)
  add_custom_command(
    OUTPUT "${directory}/supervisor.bundle"
    COMMAND "${CMAKE_COMMAND}" -E copy "${arg_SUPERVISOR}" "${directory}/supervisor.bundle"
    DEPENDS "${arg_SUPERVISOR}"
    VERBATIM)
  add_custom_target(${arg_NAME}-bundles ALL DEPENDS "${directory}/lockdown.bundle" "${directory}/supervisor.bundle")
endfunction()

# recrank_link_worker_into_package(ENGINE <engine> PACKAGE <dir>)
# The JavaScript half of @agoric/xsnap starts the worker from one fixed place inside its own package and has no
# setting for it, so the engine is linked there.
function(recrank_link_worker_into_package)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "ENGINE;PACKAGE" "")
  set(link_dir "${arg_PACKAGE}/xsnap-native/xsnap/build/bin/lin/release")
  add_custom_command(
    OUTPUT "${link_dir}/xsnap-worker"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${link_dir}"
    COMMAND "${CMAKE_COMMAND}" -E create_symlink "$<TARGET_FILE:${arg_ENGINE}>" "${link_dir}/xsnap-worker"
    DEPENDS ${arg_ENGINE}
    VERBATIM)
  add_custom_target(${arg_ENGINE}-link ALL DEPENDS "${link_dir}/xsnap-worker")
endfunction()
