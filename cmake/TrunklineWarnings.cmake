# SPDX-License-Identifier: MIT
# Warnings are a target, not a global flag: link trunkline_warnings PRIVATE.
add_library(trunkline_warnings INTERFACE)
target_compile_options(trunkline_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wcast-align
    -Wwrite-strings -Wpointer-arith -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition
    -Wbad-function-cast -Wimplicit-fallthrough -Wformat=2 -Wundef -Wvla -Wswitch-enum
    -Wframe-larger-than=2048 -fno-common
    $<$<C_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init>
    $<$<BOOL:${WITH_WERROR}>:-Werror>)
# Sanitizers inflate stack frames; the limit is for the shipped build.
if(NOT WITH_SANITIZERS STREQUAL "" OR WITH_COVERAGE)
    target_compile_options(trunkline_warnings INTERFACE -Wno-frame-larger-than)
endif()
