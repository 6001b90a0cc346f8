# tailrace_folder(NAME DEPENDS folder... VENDORS vendor... TEST_DEPENDS folder...): one source folder is
#   tailrace_NAME           a static library of foo.cc
#   tailrace_NAME_testing   a static library of testing/foo.cc: fakes and contract suites, for tests only
#   NAME_test               a program of foo_test.cc, each test of which ctest knows by name and by the label NAME_test
# A test program sees the testing/ of its own folder and of those it depends on. Files are found by their names, so adding
# one needs no line here. tests/layers_test.py holds every #include against DEPENDS and VENDORS.
include(GoogleTest)

# A library of `sources`, or an empty one, so that a folder may be named before its first file is there.
function(tailrace_library target sources links)
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC ${links})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${links})
  endif()
endfunction()

function(tailrace_folder name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;VENDORS;TEST_DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  set(testing ${sources})
  list(FILTER testing INCLUDE REGEX "/testing/")
  list(FILTER sources EXCLUDE REGEX "/testing/")

  set(links tailrace_flags)
  set(testing_links tailrace_${name} thirdparty::gtest)
  foreach(dependency ${ARG_DEPENDS})
    list(APPEND links tailrace_${dependency})
    list(APPEND testing_links tailrace_${dependency}_testing)
  endforeach()
  foreach(vendor ${ARG_VENDORS})
    list(APPEND links thirdparty::${vendor})
  endforeach()
  tailrace_library(tailrace_${name} "${sources}" "${links}")
  tailrace_library(tailrace_${name}_testing "${testing}" "${testing_links}")

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE tailrace_${name}_testing GTest::gtest_main)
    foreach(dependency ${ARG_TEST_DEPENDS})
      target_link_libraries(${name}_test PRIVATE tailrace_${dependency} tailrace_${dependency}_testing)
    endforeach()
    target_compile_definitions(${name}_test PRIVATE
      TAILRACE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" TAILRACE_PROGRAM="${CMAKE_BINARY_DIR}/tailrace")
    gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT 600 LABELS ${name}_test)
  endif()
endfunction()
