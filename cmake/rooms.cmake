# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later

# proto/utarg/v1/*.proto -> utarg_proto (C structs, found as "utarg/v1/<name>.pb-c.h").
function(utarg_proto)
  file(GLOB protos CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/proto/utarg/v1/*.proto)
  set(out ${CMAKE_BINARY_DIR}/proto)
  file(MAKE_DIRECTORY ${out})
  find_program(PROTOC_C protoc-c REQUIRED)
  foreach(proto ${protos})
    get_filename_component(name ${proto} NAME_WE)
    list(APPEND sources ${out}/utarg/v1/${name}.pb-c.c)
    list(APPEND headers ${out}/utarg/v1/${name}.pb-c.h)
  endforeach()
  add_custom_command(OUTPUT ${sources} ${headers}
    COMMAND ${PROTOC_C} --proto_path=${CMAKE_SOURCE_DIR}/proto --c_out=${out} ${protos}
    DEPENDS ${protos} VERBATIM)
  add_library(utarg_proto STATIC ${sources} ${headers})
  target_include_directories(utarg_proto SYSTEM PUBLIC ${out})
  target_link_libraries(utarg_proto PUBLIC PkgConfig::PROTOBUF_C)
endfunction()

# Every folder/*.sql becomes a row {name, text} of `const struct db_statement <symbol>[]`.
function(utarg_embed_sql target folder symbol)
  file(GLOB sql CONFIGURE_DEPENDS ${folder}/*.sql)
  if(sql)
    set(out ${CMAKE_BINARY_DIR}/sql/${symbol}.c)
    add_custom_command(OUTPUT ${out}
      COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DSYMBOL=${symbol} "-DFILES=${sql}"
              -P ${CMAKE_SOURCE_DIR}/cmake/embed_sql.cmake
      DEPENDS ${sql} ${CMAKE_SOURCE_DIR}/cmake/embed_sql.cmake VERBATIM)
    target_sources(${target} PRIVATE ${out})
  endif()
endfunction()

# common/<name>/*.c -> utarg_<name>; common/<name>/sql/*.sql -> <name>_statements[].
function(utarg_room name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/common/${name}/*.c)
  if(NOT sources)
    return()
  endif()
  add_library(utarg_${name} STATIC ${sources})
  target_link_libraries(utarg_${name} PUBLIC utarg_proto ${ARGN} PRIVATE utarg_flags)
  utarg_embed_sql(utarg_${name} ${CMAKE_SOURCE_DIR}/common/${name}/sql ${name}_statements)
endfunction()

# services/<name>/core/*.c -> utarg_<name>_core (pure: base and proto only);
# services/<name>/*.c -> the program utarg-<name> (utarg for the command line);
# services/<name>/sql/*.sql -> <name>_statements[], services/<name>/migrations -> <name>_migrations[].
function(utarg_service name)
  set(folder ${CMAKE_SOURCE_DIR}/services/${name})
  file(GLOB core CONFIGURE_DEPENDS ${folder}/core/*.c)
  if(core)
    add_library(utarg_${name}_core STATIC ${core})
    target_link_libraries(utarg_${name}_core PUBLIC utarg_base utarg_proto PRIVATE utarg_flags)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.c)
  if(NOT sources)
    return()
  endif()
  set(program utarg-${name})
  if(name STREQUAL utarg)
    set(program utarg)
  endif()
  add_executable(${program} ${sources})
  target_link_libraries(${program} PRIVATE ${ARGN} utarg_flags Threads::Threads)
  if(core)
    target_link_libraries(${program} PRIVATE utarg_${name}_core)
  endif()
  utarg_embed_sql(${program} ${folder}/sql ${name}_statements)
  utarg_embed_sql(${program} ${folder}/migrations ${name}_migrations)
endfunction()

# The files of a service that know its tables, once more as a library: its unit tests stand in tests/unit/<name>_store.
function(utarg_store name)
  list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/services/${name}/ OUTPUT_VARIABLE sources)
  add_library(utarg_${name}_store STATIC EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(utarg_${name}_store PUBLIC utarg_${name}_core utarg_journal PRIVATE utarg_flags)
  utarg_embed_sql(utarg_${name}_store ${CMAKE_SOURCE_DIR}/services/${name}/sql ${name}_store_statements)
endfunction()

# Rooms whose unit tests run under tests/postgres.sh, which gives each program a database of its own.
set(UTARG_DATABASE_ROOMS db journal metrics_store)

# tests/unit/<room>/test_*.c: one program each. <room> is a folder of common/, or a service: then its core.
function(utarg_unit_tests)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/*/test_*.c)
  foreach(test ${tests})
    get_filename_component(folder ${test} DIRECTORY)
    get_filename_component(room ${folder} NAME)
    get_filename_component(name ${test} NAME_WE)
    if(TARGET utarg_${room}_core)
      set(library utarg_${room}_core)
    else()
      set(library utarg_${room})
    endif()
    if(NOT TARGET ${library})
      continue()
    endif()
    file(GLOB helpers CONFIGURE_DEPENDS ${folder}/helper_*.c)
    add_executable(${room}_${name} ${test} ${helpers})
    target_link_libraries(${room}_${name} PRIVATE ${library} PkgConfig::CMOCKA utarg_flags Threads::Threads)
    set_target_properties(${room}_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/unit)
    set(wrapper)
    if(room IN_LIST UTARG_DATABASE_ROOMS)
      set(wrapper ${CMAKE_SOURCE_DIR}/tests/postgres.sh)
    endif()
    add_test(NAME ${room}/${name} COMMAND ${wrapper} $<TARGET_FILE:${room}_${name}>
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endforeach()
endfunction()
