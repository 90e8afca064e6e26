# The source bundles that the recorder starts its kernel with. It would make them itself at its first run, but that
# takes longer than a small recording.

# recrank_add_recorder_bundles(RECORDER <dir> RUN_NODE <script>)
function(recrank_add_recorder_bundles)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "RECORDER;RUN_NODE" "")
  set(vats
      bootstrap.js
      evaluator.js
      grower.js
      ledger.js
      package.json
      shortlived.js
      spinner.js
      upgraded-broken.js
      upgraded-first.js
      upgraded-second.js)
  list(TRANSFORM vats PREPEND "${arg_RECORDER}/vats/")
  # Inside node_modules, so that a new `npm ci` removes it together with the packages it was made from.
  set(output "${RECRANK_NODE_MODULES}/.recrank/bundles.json")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${arg_RUN_NODE}" "${arg_RECORDER}/bundle.mjs"
    # It writes nothing if the contents of all sources are as they were; ninja looks at the times only.
    COMMAND "${CMAKE_COMMAND}" -E touch "${output}"
    DEPENDS ${vats} "${arg_RECORDER}/bundle.mjs" "${arg_RECORDER}/lib/bundles.mjs"
            "${CMAKE_SOURCE_DIR}/package-lock.json"
    VERBATIM)
  add_custom_target(recorder-bundles ALL DEPENDS "${output}")
endfunction()
