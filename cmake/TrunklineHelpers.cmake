# SPDX-License-Identifier: MIT

# trunkline_layer(NAME sources...): a static library of one layer. Headers are found from the root.
function(trunkline_layer name)
    add_library(trunkline_${name} STATIC ${ARGN})
    target_include_directories(trunkline_${name} PUBLIC ${PROJECT_SOURCE_DIR}
                               ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR})
    target_compile_definitions(trunkline_${name} PRIVATE _GNU_SOURCE)
    target_link_libraries(trunkline_${name} PRIVATE trunkline_warnings)
endfunction()

# trunkline_devices(WANT OUTPUT): the file that udev-rules/devices.awk makes of the table of devices
function(trunkline_devices want output)
    set(dir ${PROJECT_SOURCE_DIR}/udev-rules)
    get_filename_component(folder ${output} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    # By way of a file of its own, so that a bad table leaves nothing that looks made.
    add_custom_command(OUTPUT ${output} DEPENDS ${dir}/devices.awk ${dir}/devices.tsv VERBATIM
        COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C ${AWK} -v want=${want} -f ${dir}/devices.awk
                ${dir}/devices.tsv > ${output}.new
        COMMAND ${CMAKE_COMMAND} -E rename ${output}.new ${output})
endfunction()

# trunkline_program(NAME SOURCES ... [LIBS ...])
function(trunkline_program name)
    cmake_parse_arguments(P "" "" "SOURCES;LIBS" ${ARGN})
    add_executable(${name} ${P_SOURCES})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE
                               TRUNKLINE_VERSION="${PROJECT_VERSION}")
    target_link_libraries(${name} PRIVATE ${P_LIBS} trunkline_warnings)
endfunction()

# trunkline_test(NAME SOURCES ... [LIBS ...] [LABELS ...] [TIMEOUT seconds])
# A Criterion program; its ctest name mirrors the tree: unit.hal.loop
function(trunkline_test name)
    cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
    string(REPLACE "." "_" target "test_${name}")
    add_executable(${target} ${T_SOURCES})
    set_target_properties(${target} PROPERTIES
                          RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}
                               ${PROJECT_SOURCE_DIR}/include)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_link_libraries(${target} PRIVATE ${T_LIBS} PkgConfig::CRITERION)
    target_compile_options(${target} PRIVATE -Wall -Wextra)
    # -j1: ctest runs the programs in parallel; Criterion forks per test anyway.
    add_test(NAME ${name} COMMAND ${target} -j1)
    trunkline_test_properties(${name} TIMEOUT ${T_TIMEOUT} LABELS ${T_LABELS})
endfunction()

# Criterion passes tests that leak and ignores assertions in fini: the output decides as well.
function(trunkline_test_properties name)
    cmake_parse_arguments(T "" "TIMEOUT" "LABELS" ${ARGN})
    if(NOT T_TIMEOUT)
        set(T_TIMEOUT 60)
    endif()
    set_tests_properties(${name} PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS "${T_LABELS}"
        FAIL_REGULAR_EXPRESSION "LeakSanitizer|AddressSanitizer|runtime error:")
endfunction()
