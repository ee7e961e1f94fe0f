#include "features/frame_writer.h"

#include <filesystem>
#include <vector>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <opencv2/core.hpp>

#include "features/atomic_file.h"
#include "features/contact_sheet.h"
#include "features/hdf5_handles.h"
#include "features/image_frames.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

std::string row_name(size_t row) { return fmt::format("{:06}", row); }

class FrameFile : public FrameWriter {
 public:
  explicit FrameFile(const std::string& path)
      : doing_("write frames to '" + path + "'"),
        atomic_(path),
        file_(create(atomic_.temporary_path()), H5Fclose, doing_),
        frames_(H5Gcreate2(file_, "frame", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose,
                doing_) {}

  void write(const SampledFrame& frame) override {
    const cv::Mat pixels = frame.rgb.isContinuous() ? frame.rgb : frame.rgb.clone();
    cv::Mat planes(3 * pixels.rows, pixels.cols, CV_8UC1);
    for (int channel = 0; channel < 3; ++channel) {
      cv::Mat plane = planes.rowRange(channel * pixels.rows, (channel + 1) * pixels.rows);
      cv::extractChannel(pixels, plane, channel);
    }
    for (int64_t i = 0; i < frame.repeat; ++i) {
      write_set(frames_, row_name(seconds_.size()),
                {3, static_cast<hsize_t>(pixels.rows), static_cast<hsize_t>(pixels.cols)},
                H5T_STD_U8LE, H5T_NATIVE_UINT8, planes.data);
      seconds_.push_back(frame.seconds);
    }
  }

  void close() override {
    write_set(file_, "pts_seconds", {seconds_.size()}, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
              seconds_.data());
    frames_.close(doing_);
    file_.close(doing_);
    atomic_.commit();
  }

 private:
  static hid_t create(const std::string& path) {
    silence_hdf5();
    return H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  }
  void write_set(hid_t parent, const std::string& name, const std::vector<hsize_t>& shape,
                 hid_t file_type, hid_t memory_type, const void* data) const {
    const Hdf5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                           H5Sclose, doing_);
    const Hdf5Handle set(
        H5Dcreate2(parent, name.c_str(), file_type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dclose, doing_);
    check_hdf5(H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), doing_);
  }

  std::string doing_;
  AtomicFile atomic_;
  Hdf5Handle file_;
  Hdf5Handle frames_;
  std::vector<double> seconds_;
};

class FrameFolder : public FrameWriter {
 public:
  explicit FrameFolder(const std::string& path) : folder_(path) {
    std::error_code error;
    fs::create_directories(folder_, error);
    TORCH_CHECK(fs::is_directory(folder_), "cannot make folder '", path,
                "'; choose another output or a name that ends in .h5");
    TORCH_CHECK(!is_image_folder(path), "folder '", path,
                "' holds numbered images already; choose another output");
  }

  void write(const SampledFrame& frame) override {
    for (int64_t i = 0; i < frame.repeat; ++i, ++rows_) {
      write_png((folder_ / (row_name(rows_) + ".png")).string(), frame.rgb);
      table_ += fmt::format("{},{:.6f}\n", rows_, frame.seconds);
    }
  }

  void close() override { write_text_atomically((folder_ / "seconds.csv").string(), table_); }

 private:
  fs::path folder_;
  size_t rows_ = 0;
  std::string table_ = "row,seconds\n";
};

}  // namespace

std::unique_ptr<FrameWriter> FrameWriter::open(const std::string& path) {
  const std::string ending = fs::path(path).extension().string();
  if (ending == ".h5" || ending == ".hdf5") return std::make_unique<FrameFile>(path);
  return std::make_unique<FrameFolder>(path);
}

}  // namespace vidqa::features
