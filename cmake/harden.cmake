# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Hardening of all we build, generated code too. Each flag is used where compiler and linker know it; tests/hardening.sh
# looks at what came out. Under sanitizers FORTIFY is left out (it hides calls from them), and what is not initialised
# holds a pattern instead of zeros, so that a test sees who reads it.
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
include(CheckLinkerFlag)

# Not by CMake's property: it gives libraries -fPIC, under which a compiler may not inline what a file exports.
add_compile_options(-fPIE)
add_link_options(-pie)

# The first of FLAGS that the compiler takes without a word; a "flag" may be several, parted by blanks.
function(utarg_harden name)
  foreach(flags ${ARGN})
    string(MAKE_C_IDENTIFIER "UTARG_HAS_${flags}" has)
    set(CMAKE_REQUIRED_FLAGS -Werror)
    check_c_compiler_flag("${flags}" ${has})
    if(${has})
      separate_arguments(flags)
      add_compile_options(${flags})
      return()
    endif()
  endforeach()
  message(STATUS "This compiler has no ${name}")
endfunction()

# clang before 16 asks for a confession before it fills with zeros.
set(zeros "-ftrivial-auto-var-init=zero")
if(UTARG_SANITIZE OR UTARG_FUZZ)
  utarg_harden("initialisation of variables" -ftrivial-auto-var-init=pattern)
else()
  utarg_harden("initialisation of variables" ${zeros}
    "${zeros} -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang")
endif()
utarg_harden("stack protector" -fstack-protector-strong)
utarg_harden("stack clash protection" -fstack-clash-protection)
utarg_harden("control flow protection" -fcf-protection=full -mbranch-protection=standard)

foreach(flag relro now noexecstack)
  check_linker_flag(C "LINKER:-z,${flag}" UTARG_HAS_LINK_${flag})
  if(UTARG_HAS_LINK_${flag})
    add_link_options("LINKER:-z,${flag}")
  endif()
endforeach()

# The C library checks sizes it can know; level 3 also those known at run time only. It needs an optimising build.
if(NOT UTARG_SANITIZE AND NOT UTARG_FUZZ AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
  check_c_source_compiles("
    #include <string.h>
    #if __USE_FORTIFY_LEVEL != 3
    #error level 3 is not known here
    #endif
    int main(void) { return 0; }" UTARG_HAS_FORTIFY_3)
  unset(CMAKE_REQUIRED_FLAGS)
  if(UTARG_HAS_FORTIFY_3)
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  else()
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
endif()
