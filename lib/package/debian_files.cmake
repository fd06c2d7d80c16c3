# What cpack runs over the trees of the packages: what Debian asks of each.
set(license ${CMAKE_CURRENT_LIST_DIR}/../../LICENSE)
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  file(TIMESTAMP ${license} ENV{SOURCE_DATE_EPOCH} "%s" UTC)
endif()
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(READ ${license} text)
string(REPLACE "\n\n" "\n.\n" text "${text}")
string(REPLACE "\n" "\n " text "${text}")
string(STRIP "${text}" text)

foreach(component ${CPACK_COMPONENTS_ALL})
  string(TOUPPER ${component} name)
  set(package ${CPACK_DEBIAN_${name}_PACKAGE_NAME})
  set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/${component}/usr)
  set(doc ${root}/share/doc/${package})
  file(WRITE ${doc}/copyright
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: VSX

Files: *
Copyright: 2026 The VSX authors
License: Expat
 ${text}
")
  file(WRITE ${doc}/changelog.Debian
"vsx (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * Version ${CPACK_PACKAGE_VERSION}.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
  # Nobody has asked Debian for it: there is no bug to close.
  file(WRITE ${root}/share/lintian/overrides/${package}
    "${package}: initial-upload-closes-no-bugs\n")
  file(GLOB plain ${doc}/changelog.Debian ${root}/share/man/man1/*.1)
  execute_process(COMMAND gzip -9nf ${plain} COMMAND_ERROR_IS_FATAL ANY)
  # The linker knows where libraries of packages are.
  file(GLOB_RECURSE libraries ${root}/lib/*.so.*)
  foreach(library ${libraries})
    if(NOT IS_SYMLINK ${library})
      file(RPATH_REMOVE FILE ${library})
    endif()
  endforeach()
endforeach()
