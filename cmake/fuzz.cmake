# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later

# tests/fuzz/fuzz_<name>.c: one libFuzzer program each. A line "// Rooms: a b" in its top comment names what it
# links: folders of common/, or services (then their cores); without that line the base room. Its seeds are
# tests/fuzz/corpus/<name>/; what a run finds goes to the build folder. Needs clang (preset fuzz).
function(utarg_fuzz_targets)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
  foreach(source ${sources})
    get_filename_component(target ${source} NAME_WE)
    string(REPLACE "fuzz_" "" name ${target})
    file(STRINGS ${source} line REGEX "^// Rooms: " LIMIT_COUNT 1)
    string(REGEX REPLACE "^// Rooms: *" "" rooms "${line}")
    separate_arguments(rooms)
    if(NOT rooms)
      set(rooms base)
    endif()
    set(libraries)
    foreach(room ${rooms})
      if(TARGET utarg_${room}_core)
        list(APPEND libraries utarg_${room}_core)
      elseif(TARGET utarg_${room})
        list(APPEND libraries utarg_${room})
      else()
        message(FATAL_ERROR "${source}: no room ${room}")
      endif()
    endforeach()
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE ${libraries} utarg_flags Threads::Threads)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    set(found ${CMAKE_BINARY_DIR}/fuzz/corpus/${name})
    file(MAKE_DIRECTORY ${found})
    add_test(NAME fuzz/${name}
      COMMAND ${target} -runs=50000 -max_total_time=60 -timeout=10 -max_len=16384
              ${found} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  endforeach()
endfunction()
