# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later

# tests/faults/load*.c: the load generator bin/fault-load; never installed.
function(utarg_fault_load)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/faults/load*.c)
  add_executable(fault-load ${sources})
  target_link_libraries(fault-load PRIVATE utarg_bus utarg_utarg_core PkgConfig::SODIUM utarg_flags)
endfunction()
