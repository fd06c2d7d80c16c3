# What the last installation from this build folder wrote, removed again:
#	cmake -DMANIFEST=<build>/install_manifest.txt -P uninstall.cmake
# DESTDIR counts, as it does when installing.
if(NOT EXISTS "${MANIFEST}")
  message(FATAL_ERROR "nothing was installed from here: no ${MANIFEST}")
endif()
file(STRINGS "${MANIFEST}" files)
foreach(file IN LISTS files)
  set(file "$ENV{DESTDIR}${file}")
  if(EXISTS "${file}" OR IS_SYMLINK "${file}")
    message(STATUS "removing ${file}")
    file(REMOVE "${file}")
  endif()
  # The one folder that is ours alone, once it is empty.
  get_filename_component(folder "${file}" DIRECTORY)
  if(folder MATCHES "/cmake/vsx$" AND IS_DIRECTORY "${folder}")
    file(GLOB left "${folder}/*")
    if(NOT left)
      file(REMOVE_RECURSE "${folder}")
    endif()
  endif()
endforeach()
file(REMOVE "${MANIFEST}")
