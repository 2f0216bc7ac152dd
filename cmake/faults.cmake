# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later

# Programs of the fault tests (tests/faults/README.md), never installed: the proxy in every build with tests, the
# list of failpoints in builds that have them. And the check that only these have them.
function(utarg_fault_programs)
  set(folder ${CMAKE_SOURCE_DIR}/tests/faults)
  file(GLOB proxy CONFIGURE_DEPENDS ${folder}/proxy*.c)
  add_executable(fault-proxy ${proxy})
  target_link_libraries(fault-proxy PRIVATE utarg_flags)
  file(GLOB load CONFIGURE_DEPENDS ${folder}/load*.c)
  add_executable(fault-load ${load})
  target_link_libraries(fault-load PRIVATE utarg_bus utarg_utarg_core PkgConfig::SODIUM utarg_flags)
  set(wanted absent)
  if(UTARG_FAULTS)
    set(wanted present)
    add_executable(fault-list ${folder}/fault_list.c)
    target_link_libraries(fault-list PRIVATE utarg_base utarg_flags Threads::Threads)
  endif()
  add_test(NAME faults/${wanted} COMMAND ${folder}/absent.sh ${wanted} $<TARGET_FILE:utarg-ingest>
    $<TARGET_FILE:utarg-metrics> $<TARGET_FILE:utarg-campaign>)
endfunction()
