# vidqa_library(NAME SOURCES ... LINK ... [TORCH])   one library of the project; TORCH: uses the precompiled torch header
# vidqa_cpu_library(NAME SOURCES ...)                kernels in plain C++, with compiler flags of their own
# vidqa_test(NAME SOURCES ... LINK ...)              one test program = two CTest entries, NAME and NAMEGolden

if(VIDQA_PCH)
  # Owns the precompiled header; every other target reuses it, so it is built once.
  add_library(vidqa_pch OBJECT ${CMAKE_SOURCE_DIR}/pipeline/cmake/pch.cpp)
  target_link_libraries(vidqa_pch PRIVATE vidqa_torch vidqa_warnings)
  target_precompile_headers(vidqa_pch PRIVATE <torch/torch.h>)
  target_compile_options(vidqa_pch PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

function(vidqa_use_torch_pch target)
  if(VIDQA_PCH)
    target_precompile_headers(${target} REUSE_FROM vidqa_pch)
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endif()
endfunction()

function(vidqa_library name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE vidqa_warnings)
  if(ARG_TORCH)
    target_link_libraries(${name} PUBLIC vidqa_torch)
    vidqa_use_torch_pch(${name})
  endif()
endfunction()

function(vidqa_cpu_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES" ${ARGN})
  vidqa_library(${name} SOURCES ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE
    $<$<NOT:$<CONFIG:Debug>>:-O3>  # sanitizers take minutes over it
    -fopenmp-simd -fno-math-errno -fno-trapping-math -Wno-psabi $<$<CXX_COMPILER_ID:GNU>:-mprefer-vector-width=512>)
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
endfunction()

function(vidqa_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} vidqa_testing vidqa_warnings GTest::gmock GTest::gtest_main)
  vidqa_use_torch_pch(${name})
  # LibTorch takes a third of a second to load, so a program is one entry; golden vectors are an entry of their own.
  foreach(part IN ITEMS "" Golden)
    string(COMPARE EQUAL "${part}" Golden golden)
    add_test(NAME ${name}${part} COMMAND ${name} --gtest_filter=$<IF:${golden},*Golden*,-*Golden*>)
    set_tests_properties(${name}${part} PROPERTIES
      ENVIRONMENT "OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1;LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/testing/lsan.supp"
      TIMEOUT ${VIDQA_TEST_TIMEOUT})
  endforeach()
endfunction()
