#include "features/hdf5_handles.h"

#include <c10/util/Exception.h>

namespace vidqa::features {

void silence_hdf5() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

void fail_hdf5(const std::string& doing) {
  // The innermost entry of the error stack says what happened; the outer ones only who called whom.
  std::string reason;
  const auto innermost = [](unsigned, const H5E_error2_t* error, void* text) -> herr_t {
    if (error->desc != nullptr) *static_cast<std::string*>(text) = error->desc;
    return 1;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, &reason);
  // "file write failed: time = ..., errno = 28, error message = 'No space left on device', buf =
  // ..."
  const std::string marker = "error message = '";
  if (const size_t begin = reason.find(marker); begin != std::string::npos)
    reason = reason.substr(begin + marker.size(),
                           reason.find('\'', begin + marker.size()) - begin - marker.size());
  TORCH_CHECK(false, "cannot ", doing, reason.empty() ? "" : ": ", reason);
}

Hdf5Handle float16_type() {
  const std::string doing = "make the HDF5 type float16";
  Hdf5Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose, doing);
  constexpr size_t kSignBit = 15, kExponentBit = 10, kExponentBits = 5, kMantissaBits = 10;
  check_hdf5(H5Tset_fields(type, kSignBit, kExponentBit, kExponentBits, 0, kMantissaBits), doing);
  check_hdf5(H5Tset_size(type, 2), doing);
  check_hdf5(H5Tset_ebias(type, 15), doing);
  return type;
}

}  // namespace vidqa::features
