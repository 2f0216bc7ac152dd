# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
# Writes OUT: a C table SYMBOL of {file name without .sql, text} from FILES, ended by a NULL name.
set(text "// generated from SQL files; do not edit\n#include \"common/db/db.h\"\n")
string(APPEND text "extern const struct db_statement ${SYMBOL}[];\nconst struct db_statement ${SYMBOL}[] = {\n")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WLE)
  file(READ ${file} sql HEX)
  # Bytes as they are: no escaping rule of C or CMake can change a character of a statement.
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${sql}")
  string(APPEND text "\t{\"${name}\", (const char[]){${bytes}0}},\n")
endforeach()
string(APPEND text "\t{0, 0},\n};\n")
file(WRITE ${OUT} "${text}")
