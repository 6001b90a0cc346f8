# Language, warnings, sanitizers, launcher and linker: everything about how our own code is compiled.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)

set(TAILRACE_SANITIZE "" CACHE STRING "Sanitizers for our own code, for example address,undefined or thread")

find_program(CCACHE ccache)
if(CCACHE)
  # Relative to the source folder, so that one clone profits from what another has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Flags of every target of ours; vendors' headers come in as SYSTEM and are not warned about.
add_library(tailrace_flags INTERFACE)
target_compile_options(tailrace_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -msse4.2)
target_include_directories(tailrace_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
if(TAILRACE_SANITIZE)
  target_compile_options(tailrace_flags INTERFACE -fsanitize=${TAILRACE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(tailrace_flags INTERFACE -fsanitize=${TAILRACE_SANITIZE})
endif()
