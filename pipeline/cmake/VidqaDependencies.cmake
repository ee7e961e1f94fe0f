# Every external package of the project. setup.sh installs what is found here.

find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Torch REQUIRED)  # Debian's libtorch-dev, or any LibTorch named by -DCMAKE_PREFIX_PATH
find_package(OpenCV 4 REQUIRED COMPONENTS core imgproc imgcodecs)
find_package(PkgConfig REQUIRED)
pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET libavformat libavcodec libavutil libswscale)
set(HDF5_PREFER_PARALLEL OFF)
find_package(HDF5 1.10 REQUIRED COMPONENTS C)
find_package(CLI11 CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(nlohmann_json 3 CONFIG REQUIRED)
find_package(Boost 1.74 REQUIRED)  # header-only: Boost.Math, Boost.CRC
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
find_file(CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js REQUIRED)  # built into the report
find_package(Protobuf REQUIRED)  # the one that Debian's LibTorch loads as well
if(VIDQA_SPEED)
  find_package(benchmark REQUIRED)
endif()
if(VIDQA_TESTS)
  find_package(GTest REQUIRED)
endif()

add_library(vidqa_torch INTERFACE)
target_include_directories(vidqa_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(vidqa_torch INTERFACE ${TORCH_LIBRARIES} OpenMP::OpenMP_CXX)  # at::parallel_for is serial without
separate_arguments(torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(vidqa_torch INTERFACE ${torch_flags})

add_library(vidqa_hdf5 INTERFACE)
target_include_directories(vidqa_hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE_DIRS})
target_compile_definitions(vidqa_hdf5 INTERFACE ${HDF5_DEFINITIONS})
target_link_libraries(vidqa_hdf5 INTERFACE ${HDF5_LIBRARIES})

add_library(vidqa_opencv INTERFACE)
target_include_directories(vidqa_opencv SYSTEM INTERFACE ${OpenCV_INCLUDE_DIRS})
target_link_libraries(vidqa_opencv INTERFACE opencv_core opencv_imgproc opencv_imgcodecs)

# oneDNN 2 itself, for convolutions with weights packed once and everything after them fused, and for narrow matrix
# products. Only where LibTorch is
# Debian's, which links the same shared library: another LibTorch has its own inside, and two in a process are not safe.
# (Debian's dnnl-config.cmake asks for OpenCL, which a processor does not need.)
if(TORCH_INSTALL_PREFIX STREQUAL "/usr")
  find_path(ONEDNN_INCLUDE_DIR oneapi/dnnl/dnnl_version.h)
  find_library(ONEDNN_LIBRARY dnnl)
  if(ONEDNN_INCLUDE_DIR AND ONEDNN_LIBRARY)
    file(STRINGS ${ONEDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h ONEDNN_2 REGEX "DNNL_VERSION_MAJOR +2$")
  endif()
endif()
if(ONEDNN_2)
  add_library(vidqa_onednn INTERFACE)
  target_link_libraries(vidqa_onednn INTERFACE ${ONEDNN_LIBRARY})
  target_compile_definitions(vidqa_onednn INTERFACE VIDQA_ONEDNN)
else()
  message(STATUS "No oneDNN 2 shared with LibTorch: convolutions and narrow products are Torch's own, and slower (Debian: libdnnl-dev)")
endif()
