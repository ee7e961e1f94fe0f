# Compiler settings and the accelerators of the build: used when present, never required.

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_compile_definitions(VIDQA_VERSION="${PROJECT_VERSION}")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")  # no -g: it makes a torch source half as slow again to compile

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
endif()

# Several sources as one: parsing the torch headers, and instantiating what they use, is most of a compilation. Off where
# single files are rebuilt often. Sources of one target must not give two things of an unnamed namespace the same name.
set(CMAKE_UNITY_BUILD ${VIDQA_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 10)

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# Warnings belong to our own targets; vidqa_library() links this to each of them.
add_library(vidqa_warnings INTERFACE)
target_compile_options(vidqa_warnings INTERFACE -Wall -Wextra -Wno-unused-parameter)
if(VIDQA_UNITY)
  # A class with a member type of an unnamed namespace is a fault in a header; in a batch of sources it is not.
  target_compile_options(vidqa_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
if(VIDQA_WERROR)
  target_compile_options(vidqa_warnings INTERFACE -Werror)
endif()
