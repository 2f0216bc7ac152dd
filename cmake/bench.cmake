# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later

# services/utarg/sql_bench/*.sql -> bench_statements[]: apart, because `migrate` prepares sql/ before there are tables.
# tests/bench/yard_*.c: the yardsticks of `utarg bench`, one program bench/yard-<name> each; never installed.
function(utarg_yardsticks)
  utarg_embed_sql(utarg ${CMAKE_SOURCE_DIR}/services/utarg/sql_bench bench_statements)
  add_custom_target(bench-yardsticks ALL)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/bench/yard_*.c)
  foreach(source ${sources})
    get_filename_component(target ${source} NAME_WE)
    string(REPLACE "_" "-" target ${target})
    add_executable(${target} EXCLUDE_FROM_ALL ${source} ${CMAKE_SOURCE_DIR}/tests/bench/yard.c
      ${CMAKE_SOURCE_DIR}/tests/bench/peer.c)
    target_link_libraries(${target} PRIVATE utarg_utarg_core utarg_metrics_core PkgConfig::PQ PkgConfig::ZMQ utarg_flags Threads::Threads)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    add_dependencies(bench-yardsticks ${target})
  endforeach()
endfunction()
