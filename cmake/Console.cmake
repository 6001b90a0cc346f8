# tailrace_console_pack: the web console, built from web/ into one file and put into a library as it is.
# web/tools/build.mjs says what it is made from, and keeps what it has made.
find_program(NODE node)
if(NOT NODE)
  message(FATAL_ERROR "node is not there, which builds the console: run tools/setup")
endif()

set(console_pack ${CMAKE_BINARY_DIR}/console.pack)
file(GLOB_RECURSE console_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/src/* ${CMAKE_SOURCE_DIR}/web/tools/*)
add_custom_command(OUTPUT ${console_pack}
  COMMAND ${NODE} ${CMAKE_SOURCE_DIR}/web/tools/build.mjs ${console_pack}
  DEPENDS ${console_sources} ${CMAKE_SOURCE_DIR}/web/index.html ${CMAKE_SOURCE_DIR}/web/package-lock.json
          ${CMAKE_SOURCE_DIR}/web/tsconfig.json ${CMAKE_SOURCE_DIR}/web/vite.config.mjs
  COMMENT "Building the console" VERBATIM)
add_library(tailrace_console_pack STATIC ${CMAKE_SOURCE_DIR}/src/server/console/console_pack.S)
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/server/console/console_pack.S PROPERTIES
  OBJECT_DEPENDS ${console_pack} COMPILE_DEFINITIONS "TAILRACE_CONSOLE_PACK=\"${console_pack}\"")
