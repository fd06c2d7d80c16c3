# Packages for Debian, by cpack: the two libraries, what programs are compiled
# with, the commands, and the Python module where it is built.
set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL libvsx libvsxwrite dev tools)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE
    OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_CONTACT "The VSX authors <vsx@packages.debian.org>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR})
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY "=")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PRE_BUILD_SCRIPTS
    ${CMAKE_CURRENT_SOURCE_DIR}/lib/package/debian_files.cmake)
set(CPACK_POST_BUILD_SCRIPTS
    ${CMAKE_CURRENT_SOURCE_DIR}/lib/package/debian_scripts.cmake)

set(libvsx libvsx${soversion})
set(libvsxwrite libvsxwrite${soversion})
set(same "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(about "VSX indexes are files that are written once, in checksummed pages, and
mapped when they are searched: flat ones, inverted lists and graphs, with keys,
texts and filters.")

# vsx_package(component package section description depends)
macro(vsx_package component package section summary depends)
  string(TOUPPER ${component} name)
  set(CPACK_DEBIAN_${name}_PACKAGE_NAME ${package})
  set(CPACK_DEBIAN_${name}_PACKAGE_SECTION ${section})
  set(CPACK_DEBIAN_${name}_PACKAGE_DEPENDS "${depends}")
  set(CPACK_DEBIAN_${name}_DESCRIPTION "${summary}\n${about}")
endmacro()
vsx_package(libvsx ${libvsx} libs
  "vector search indexes as files (library that searches)" "")
vsx_package(libvsxwrite ${libvsxwrite} libs
  "vector search indexes as files (library that builds)" "${libvsx} ${same}")
foreach(name LIBVSX LIBVSXWRITE)
  set(CPACK_DEBIAN_${name}_PACKAGE_CONTROL_EXTRA
      ${CMAKE_CURRENT_SOURCE_DIR}/lib/package/triggers)
endforeach()
vsx_package(dev libvsx-dev libdevel
  "vector search indexes as files (headers and static libraries)"
  "${libvsx} ${same}, ${libvsxwrite} ${same}, liblz4-dev, libxxhash-dev")
vsx_package(tools vsx-tools database
  "vector search indexes as files (commands)" "")
if(VSX_BUILD_PYTHON)
  list(APPEND CPACK_COMPONENTS_ALL python)
  vsx_package(python python3-vsx python
    "vector search indexes as files (Python module)" "python3 (>= 3.11)")
  set(CPACK_DEBIAN_PYTHON_PACKAGE_RECOMMENDS python3-numpy)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA
      ${CMAKE_CURRENT_SOURCE_DIR}/lib/package/postinst
      ${CMAKE_CURRENT_SOURCE_DIR}/lib/package/prerm)
endif()
include(CPack)
