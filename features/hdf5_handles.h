#pragma once

#include <string>
#include <utility>

#include <hdf5.h>

namespace vidqa::features {

/// HDF5 prints every error to stderr. Off, for this thread: errors are exceptions here.
void silence_hdf5();

/// Throws c10::Error "cannot <doing>: <HDF5's own reason>"; `doing` names the file and the object.
[[noreturn]] void fail_hdf5(const std::string& doing);

/// An HDF5 identifier that closes itself. Made from a failed call, it throws fail_hdf5(doing).
class Hdf5Handle {
 public:
  Hdf5Handle(hid_t id, herr_t (*close)(hid_t), const std::string& doing) : id_(id), close_(close) {
    if (id < 0) fail_hdf5(doing);
  }
  ~Hdf5Handle() { reset(); }
  Hdf5Handle(Hdf5Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&&) = delete;
  Hdf5Handle(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(const Hdf5Handle&) = delete;

  operator hid_t() const { return id_; }

  /// Closes now. What was written may only now meet the disk: throws fail_hdf5(doing).
  void close(const std::string& doing) {
    if (reset() < 0) fail_hdf5(doing);
  }

 private:
  herr_t reset() { return id_ < 0 ? 0 : close_(std::exchange(id_, H5I_INVALID_HID)); }

  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// IEEE binary16, little-endian, which HDF5 has no name for; h5py reads it as float16.
Hdf5Handle float16_type();

/// For calls that give a status: throws fail_hdf5(doing) when it is negative.
inline void check_hdf5(herr_t status, const std::string& doing) {
  if (status < 0) fail_hdf5(doing);
}

}  // namespace vidqa::features
