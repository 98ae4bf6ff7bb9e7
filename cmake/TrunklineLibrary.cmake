# SPDX-License-Identifier: MIT
# libtrunkline: the three layers in one shared library that exports the public functions and nothing
# else.
set(_layers "")
foreach(layer core drivers hal)
    list(APPEND _layers $<TARGET_FILE:trunkline_${layer}>)
endforeach()

add_library(trunkline SHARED ${PROJECT_SOURCE_DIR}/core/version.c)
add_library(trunkline::trunkline ALIAS trunkline)
target_compile_definitions(trunkline PRIVATE TRUNKLINE_VERSION="${PROJECT_VERSION}")
target_include_directories(trunkline
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(trunkline PRIVATE trunkline_warnings
    -Wl,--whole-archive ${_layers} -Wl,--no-whole-archive
    $<$<BOOL:${WITH_LIBSERIALPORT}>:PkgConfig::LIBSERIALPORT>
    $<$<BOOL:${WITH_UDEV}>:PkgConfig::LIBUDEV>)
target_link_options(trunkline PRIVATE
    -Wl,--version-script=${PROJECT_SOURCE_DIR}/core/trunkline.map)
# clang leaves the sanitizers' symbols to the program.
if(WITH_SANITIZERS STREQUAL "" AND NOT WITH_FUZZERS)
    target_link_options(trunkline PRIVATE -Wl,--no-undefined)
endif()
add_dependencies(trunkline trunkline_core trunkline_drivers trunkline_hal)
set_target_properties(trunkline PROPERTIES
    VERSION ${PROJECT_VERSION}
    SOVERSION ${TRUNKLINE_SOVERSION}
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/core/trunkline.map)

include(CMakePackageConfigHelpers)
set(_config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/trunkline)
install(TARGETS trunkline EXPORT trunkline LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/trunkline
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT trunkline NAMESPACE trunkline:: FILE trunklineTargets.cmake
        DESTINATION ${_config_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/trunklineConfig.cmake.in
    ${PROJECT_BINARY_DIR}/trunklineConfig.cmake INSTALL_DESTINATION ${_config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/trunklineConfigVersion.cmake
    COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/trunklineConfig.cmake
              ${PROJECT_BINARY_DIR}/trunklineConfigVersion.cmake
        DESTINATION ${_config_dir})
configure_file(${PROJECT_SOURCE_DIR}/cmake/trunkline.pc.in ${PROJECT_BINARY_DIR}/trunkline.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/trunkline.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
