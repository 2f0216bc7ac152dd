# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
# Compiler flags of all our code; generated code gets none of the warnings.
add_compile_definitions(_GNU_SOURCE UTARG_VERSION="${PROJECT_VERSION}")
# A macro with a parameter: as a definition CMake would drop it.
add_compile_options("-DPROTOBUF_C__FORCE_ENUM_TO_BE_INT_SIZE(x)=")
include_directories(${CMAKE_SOURCE_DIR})
# Asserts stay on in every build; CMake's release types would turn them off.
foreach(type RELEASE RELWITHDEBINFO MINSIZEREL)
  string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${type} "${CMAKE_C_FLAGS_${type}}")
endforeach()

# -Wcast-qual with gcc only: clang also sees the casts inside protobuf-c's __INIT macros.
add_library(utarg_flags INTERFACE)
target_compile_options(utarg_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wold-style-definition -Wvla -Wformat=2 -Wundef -Wpointer-arith -Wwrite-strings
  $<$<C_COMPILER_ID:GNU>:-Wcast-qual> -Wimplicit-fallthrough -fno-strict-aliasing -fno-common)
if(UTARG_WERROR)
  target_compile_options(utarg_flags INTERFACE -Werror)
endif()
if(UTARG_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  add_compile_definitions(UTARG_SANITIZE=1)
endif()
if(UTARG_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(UTARG_FAULTS)
  add_compile_definitions(UTARG_FAULTS=1)
endif()
if(UTARG_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
